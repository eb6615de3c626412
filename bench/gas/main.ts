import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { measureGas } from "./measureGas.ts";
import type { GasRow } from "./measureGas.ts";
import { snapshotDifferences, writeSnapshots } from "./snapshots.ts";

/** The most gas that a channel may cost. */
const LIMITS: readonly Pick<GasRow, "name" | "n" | "gasPerChannel">[] = [
  { name: "settle", n: 1, gasPerChannel: 41_500 },
  { name: "settle", n: 100, gasPerChannel: 13_000 },
  { name: "fund", n: 10, gasPerChannel: 30_000 },
];

const HELP = `npm run bench:gas -- [options]

Measures what every call of the contracts costs, by the receipts of transactions on a node with prague's rules: accounts,
channels and earnings hold money already, on each settled channel something was settled before; keys, nonces and roots
look random and amounts are odd (bench/gas/fixture.ts). The deployed code is the committed one. The exit status is 0 if
these limits hold, in gas per channel:

${LIMITS.map(({ gasPerChannel, n, name }) => `  ${`${name}, n = ${n}`.padEnd(18)} ${gasPerChannel}`).join("\n")}

  --json FILE   also writes the rows as JSON: [{name, n, gas, gasPerChannel, calldataBytes}]
  --check       fails, too, if a figure differs from snapshots/gas.json or snapshots/bytecode.json
  --update      writes those files
  --help        this page`;

const { values } = parseArgs({
  options: {
    json: { type: "string" },
    check: { type: "boolean", default: false },
    update: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (values.help) console.log(HELP);
else await run();

async function run(): Promise<void> {
  const report = await measureGas();
  console.table(report.rows);
  console.table(report.code);
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(report.rows, null, 2)}\n`);
  if (values.update) await writeSnapshots(report);

  const broken = LIMITS.flatMap((limit) => brokenBy(limit, report.rows));
  const different = values.check ? await snapshotDifferences(report) : [];
  for (const line of [...broken, ...different]) console.error(line);
  if (broken.length + different.length > 0) process.exitCode = 1;
  else console.log(`all limits hold${values.check ? ", all figures are those agreed to" : ""}`);
}

function brokenBy(limit: (typeof LIMITS)[number], rows: readonly GasRow[]): string[] {
  const { gasPerChannel, n, name } = limit;
  const row = rows.find((each) => each.name === name && each.n === n);
  if (row === undefined) return [`${name}, n = ${n}: not measured`];
  const { gasPerChannel: measured } = row;
  return measured <= gasPerChannel ? [] : [`${name}, n = ${n}: ${measured} gas per channel, above ${gasPerChannel}`];
}
