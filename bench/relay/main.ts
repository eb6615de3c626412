import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import type { Secp256k1 } from "../../sdk/core/index.ts";
import { setKeccak256 } from "../../sdk/core/index.ts";
import { loadFastKeccak256 } from "../../sdk/internal/fastKeccak256.ts";
import { loadFastSecp256k1 } from "../../sdk/internal/nativeSecp256k1.ts";
import { machineFacts } from "../machineFacts.ts";
import { median } from "../median.ts";
import { startBenchRelay } from "./benchRelay.ts";
import { countRoundTrips } from "./countRoundTrips.ts";
import { measureNginx, NGINX_PAIRS, OFFERED_SHARE } from "./measureNginx.ts";
import { measureThroughput, PAIRS } from "./measureThroughput.ts";
import { CONNECTIONS } from "./pace.ts";

const LEAST_RATIO = 0.85;
const LEAST_NGINX_RATIO = 0.95;

const HELP = `npm run bench:relay -- [options]

Measures the throughput of paid segments beside that of free ones from the same relay over loopback: 1 MiB segments,
${CONNECTIONS} connections, ${PAIRS} alternating pairs. Clients hash every segment in both arms; the paid arm ends when its last
receipt is acknowledged. Then the viewer of this package plays, and the requests that a segment waits for are counted.

Then nginx (Debian's package) stands in front of a relay as docs/nginx.md has it, and serves the same files from another port
without a relay: the same clients ask both for the same load, ${OFFERED_SHARE} of what plain nginx delivers to them at full speed, in
${NGINX_PAIRS} alternating pairs; the paid arm ends when its last receipt is acknowledged. Processor time is that of nginx and relay.

The exit status is 0 if the median of paid against free is ${LEAST_RATIO} at least, a paid segment waits for one request, its own,
and the median of nginx with a relay against nginx without is ${LEAST_NGINX_RATIO} at least.

  --json FILE   also writes {ratio, criticalRoundTrips, receiptPosts, nginx: {ratio, cpuPerGiB: {plain, paid}, offeredLoad}}
                as JSON; receipt posts are per segment, processor time in seconds, the load in MiB per second
  --help        this page`;

/** What a measurement found, and whether that is good enough. */
interface Finding<Result> {
  readonly result: Result;
  readonly isGood: boolean;
}

const { values } = parseArgs({
  options: { json: { type: "string" }, help: { type: "boolean", default: false } },
});

if (values.help) console.log(HELP);
else await run(values.json);

async function run(json: string | undefined): Promise<void> {
  setKeccak256(await loadFastKeccak256());
  const { backend } = await loadFastSecp256k1();
  console.log(machineFacts());
  console.log(`${CONNECTIONS} connections, 1 MiB segments\n`);
  const alone = await compareWithFree(backend);
  const nginx = await compareWithNginx(backend);
  const result = { ...alone.result, nginx: nginx.result };
  if (json !== undefined) await writeFile(json, `${JSON.stringify(result, null, 2)}\n`);
  if (!alone.isGood || !nginx.isGood) process.exitCode = 1;
}

async function compareWithFree(
  secp256k1: Secp256k1,
): Promise<Finding<{ ratio: number; criticalRoundTrips: number; receiptPosts: number }>> {
  const relay = await startBenchRelay();
  try {
    const { pairs, receiptPosts } = await measureThroughput(relay.url, secp256k1);
    const criticalRoundTrips = await countRoundTrips(relay.url);
    const ratio = median(pairs.map(({ paid, free }) => paid / free));
    console.table(
      pairs.map(({ paid, free }) => ({
        "paid MiB/s": Math.round(paid),
        "free MiB/s": Math.round(free),
        ratio: Number((paid / free).toFixed(3)),
      })),
    );
    console.log(`ratio ${ratio.toFixed(3)} (median), at least ${LEAST_RATIO} wanted`);
    console.log(`a segment waits for ${criticalRoundTrips} request(s), 1 wanted`);
    console.log(`${receiptPosts.toFixed(3)} receipt posts a segment\n`);
    return {
      result: { ratio, criticalRoundTrips, receiptPosts },
      isGood: ratio >= LEAST_RATIO && criticalRoundTrips === 1,
    };
  } finally {
    await relay.stop();
  }
}

async function compareWithNginx(
  secp256k1: Secp256k1,
): Promise<Finding<{ ratio: number; cpuPerGiB: { plain: number; paid: number }; offeredLoad: number }>> {
  const { cpuPerGiB, fullSpeed, offeredLoad, pairs } = await measureNginx(secp256k1);
  const ratio = median(pairs.map(({ paid, plain }) => paid.perSecond / plain.perSecond));
  console.log(
    `nginx in front: ${Math.round(offeredLoad)} MiB/s offered, ${OFFERED_SHARE} of plain nginx at full speed (${Math.round(fullSpeed)} MiB/s)`,
  );
  console.table(
    pairs.map(({ paid, plain }) => ({
      "paid MiB/s": Math.round(paid.perSecond),
      "plain MiB/s": Math.round(plain.perSecond),
      ratio: Number((paid.perSecond / plain.perSecond).toFixed(3)),
      "paid processor s": Number(paid.processor.toFixed(2)),
      "plain processor s": Number(plain.processor.toFixed(2)),
    })),
  );
  console.log(`ratio ${ratio.toFixed(3)} (median), at least ${LEAST_NGINX_RATIO} wanted`);
  console.log(
    `processor seconds a GiB: ${cpuPerGiB.paid.toFixed(2)} with the relay, ${cpuPerGiB.plain.toFixed(2)} for plain nginx`,
  );
  return { result: { ratio, cpuPerGiB, offeredLoad }, isGood: ratio >= LEAST_NGINX_RATIO };
}
