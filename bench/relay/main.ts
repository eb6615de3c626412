import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { setKeccak256 } from "../../sdk/core/index.ts";
import { loadFastKeccak256 } from "../../sdk/internal/fastKeccak256.ts";
import { loadFastSecp256k1 } from "../../sdk/internal/nativeSecp256k1.ts";
import { machineFacts } from "../machineFacts.ts";
import { median } from "../median.ts";
import { startBenchRelay } from "./benchRelay.ts";
import { countRoundTrips } from "./countRoundTrips.ts";
import { CONNECTIONS, measureThroughput, PAIRS } from "./measureThroughput.ts";

const LEAST_RATIO = 0.85;

const HELP = `npm run bench:relay -- [options]

Measures the throughput of paid segments beside that of free ones from the same relay over loopback: 1 MiB segments,
${CONNECTIONS} connections, ${PAIRS} alternating pairs. Clients hash every segment in both arms; the paid arm ends when its last
receipt is acknowledged. Then the viewer of this package plays, and the requests that a segment waits for are counted.
The exit status is 0 if the median ratio is ${LEAST_RATIO} at least and a paid segment waits for one request, its own.

  --json FILE   also writes {ratio, criticalRoundTrips, receiptPosts} as JSON; the last is per segment
  --help        this page`;

const { values } = parseArgs({
  options: { json: { type: "string" }, help: { type: "boolean", default: false } },
});

if (values.help) console.log(HELP);
else await run(values.json);

async function run(json: string | undefined): Promise<void> {
  setKeccak256(await loadFastKeccak256());
  const { backend } = await loadFastSecp256k1();
  const relay = await startBenchRelay();
  try {
    const { pairs, receiptPosts } = await measureThroughput(relay.url, backend);
    const criticalRoundTrips = await countRoundTrips(relay.url);
    const ratio = median(pairs.map(({ paid, free }) => paid / free));

    console.log(machineFacts());
    console.log(`${CONNECTIONS} connections, 1 MiB segments\n`);
    console.table(
      pairs.map(({ paid, free }) => ({
        "paid MiB/s": Math.round(paid),
        "free MiB/s": Math.round(free),
        ratio: Number((paid / free).toFixed(3)),
      })),
    );
    console.log(`ratio ${ratio.toFixed(3)} (median), at least ${LEAST_RATIO} wanted`);
    console.log(`a segment waits for ${criticalRoundTrips} request(s), 1 wanted`);
    console.log(`${receiptPosts.toFixed(3)} receipt posts a segment`);
    const result = { ratio, criticalRoundTrips, receiptPosts };
    if (json !== undefined) await writeFile(json, `${JSON.stringify(result, null, 2)}\n`);
    if (ratio < LEAST_RATIO || criticalRoundTrips !== 1) process.exitCode = 1;
  } finally {
    await relay.stop();
  }
}
