import { parseArgs } from "node:util";

const HELP = `npm run bench:relay -- [options]

Measures the throughput of paid segments beside that of free ones from the same relay over loopback. The exit status
is 0 if paid segments run at 0.85 of free ones at least and take one request each.

  --json FILE   also writes {ratio, criticalRoundTrips, receiptPosts} as JSON
  --help        this page`;

const { values } = parseArgs({
  options: { json: { type: "string" }, help: { type: "boolean", default: false } },
});

if (values.help) console.log(HELP);
