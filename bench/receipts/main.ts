import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { machineFacts } from "../machineFacts.ts";
import { median } from "../median.ts";
import { CHANNELS, measureReceipts, RECOVERED, ROUNDS } from "./measureReceipts.ts";
import type { Pace } from "./measureReceipts.ts";
import { pinToOneCore } from "./pinToOneCore.ts";

const LEAST_RATIO = 15;

const HELP = `npm run bench:receipts -- [options]

Measures how many receipts a relay fully accepts per second on one core: the post decoded, token and signature
checked, accounted for, and on disk in SQLite (synchronous=FULL, at most 50 in a transaction). Beside it, in turn,
viem's recoverTypedDataAddress on messages among them, as many stretches of about the same length. The fastest
stretch of each counts: whatever else a machine does only ever slows a stretch down. The exit status is 0 if the ratio is at
least ${LEAST_RATIO}.

  --json FILE   also writes {accepted, recover, ratio} as JSON; the first two are per second
  --help        this page`;

const { values } = parseArgs({
  options: { json: { type: "string" }, help: { type: "boolean", default: false } },
});

if (values.help) console.log(HELP);
else await run(values.json);

async function run(json: string | undefined): Promise<void> {
  const core = pinToOneCore();
  const { accepted, recovered, native } = await measureReceipts();
  const result = { accepted: fastest(accepted), recover: fastest(recovered), ratio: 0 };
  result.ratio = result.accepted / result.recover;

  console.log(machineFacts());
  console.log(core === undefined ? "not pinned to a core: there is no taskset here" : `pinned to core ${core}`);
  console.log(
    native ? "signers recovered by native secp256k1" : "no native secp256k1 here: signers recovered in JavaScript",
  );
  console.log(
    `${ROUNDS} rounds of ${CHANNELS} receipts, posted at once on as many channels; ${RECOVERED} of them recovered\n`,
  );
  console.table({ accepted: summary(accepted), "viem recovers": summary(recovered) });
  console.log(`ratio ${result.ratio.toFixed(2)}, at least ${LEAST_RATIO} wanted`);
  if (json !== undefined) await writeFile(json, `${JSON.stringify(result, null, 2)}\n`);
  if (result.ratio < LEAST_RATIO) process.exitCode = 1;
}

function fastest(paces: readonly Pace[]): number {
  return Math.max(...paces.map(({ perSecond }) => perSecond));
}

function summary(paces: readonly Pace[]): Record<string, number> {
  const rates = paces.map(({ perSecond }) => perSecond);
  return {
    "fastest per second": Math.round(fastest(paces)),
    median: Math.round(median(rates)),
    slowest: Math.round(Math.min(...rates)),
    "µs of processor each": Math.round(median(paces.map(({ cpu }) => cpu))),
  };
}
