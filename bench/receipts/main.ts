import { parseArgs } from "node:util";

const HELP = `npm run bench:receipts -- [options]

Measures how many receipts per second a relay accepts on one core (decode, verify, account, on disk) beside viem's
recoverTypedDataAddress on the same messages. The exit status is 0 if the ratio is at least 15.

  --json FILE   also writes {accepted, recover, ratio} as JSON
  --help        this page`;

const { values } = parseArgs({
  options: { json: { type: "string" }, help: { type: "boolean", default: false } },
});

if (values.help) console.log(HELP);
