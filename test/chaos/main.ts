import { randomInt } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { storeKinds } from "./chaosWorld.ts";
import type { StoreKind } from "./chaosWorld.ts";
import { runWorld } from "./runWorld.ts";
import type { WorldReport } from "./runWorld.ts";

const KILLS = 50;
const VIEWERS = 5;
/** Of all kills, those of the one process with SQLite, in percent; the others are among the three with PostgreSQL. */
const SQLITE_SHARE = 50;
/** Whatever hangs, this ends it. */
const MOST_MINUTES = 15;

const HELP = `npm run test:chaos -- [options]

Kills relays while viewers play and pay, and looks whether anything was lost or paid twice. Two relays run at the same
time, each with its own chain (anvil), origin and viewers: one process with SQLite, and three with PostgreSQL behind a
balancer. Processes are killed with SIGKILL at moments of every kind: with a receipt under way, right after it was
acknowledged, in mid-settlement, while starting, while stopping. Between the kills the RPC endpoint, the origin, the
chain and the clock go wrong. Every killed process starts again on the same store.

The judge does not ask the relays. Acknowledgements are read from the wire; after every kill each must be in the store,
with the viewer's signature and in the log, or settled. At the end the chain's events say what was paid, and every token
must be accounted for. Then stores and events are falsified on purpose, and the judge must notice.

The exit status is 0 if nothing was lost, settled twice, left uncollected or delivered wrong, and all kills were made.

  --kills N     how often to kill; ${KILLS} if left out
  --seed N      where chance begins; the moments of a seed are the same, what they meet is up to the machine
  --viewers N   viewers of each relay; ${VIEWERS} if left out
  --store NAME  only ${storeKinds.join(" or ")}
  --logs DIR    writes what every process says to a file there
  --json FILE   also writes the report as JSON
  --help        this page

PostgreSQL comes from Debian: apt-get install postgresql`;

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: String(KILLS) },
    seed: { type: "string", default: String(randomInt(2 ** 32)) },
    viewers: { type: "string", default: String(VIEWERS) },
    store: { type: "string" },
    logs: { type: "string" },
    json: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

if (values.help) console.log(HELP);
else await run();

async function run(): Promise<void> {
  const kills = wholeNumber("kills", values.kills);
  const seed = wholeNumber("seed", values.seed);
  const viewers = wholeNumber("viewers", values.viewers);
  const kinds = storeKinds.filter((kind) => values.store === undefined || values.store === kind);
  if (kinds.length === 0) throw new RangeError(`--store is neither of ${storeKinds.join(" and ")}`);
  setTimeout(() => {
    console.error(`not over after ${MOST_MINUTES} minutes: something hangs`);
    process.exit(1);
  }, MOST_MINUTES * 60_000).unref();
  console.log(`seed ${seed}, ${kills} kills`);
  if (values.logs !== undefined) await mkdir(values.logs, { recursive: true });
  const started = performance.now();
  let made = 0;
  const onKill = (line: string): void => {
    const seconds = ((performance.now() - started) / 1_000).toFixed(0);
    console.log(`${String(++made).padStart(3)}/${kills} ${seconds.padStart(4)} s  ${line}`);
  };
  const shares = sharesOf(kills, kinds);
  const worlds = await Promise.all(
    kinds.map(async (kind, i) =>
      runWorld({ kind, kills: shares[i] ?? 0, seed: seed + i, viewers, logs: values.logs, onKill }),
    ),
  );
  const sum = (figure: "kills" | "acknowledged" | "lost" | "settled" | "doubleSettled" | "wrong"): number =>
    worlds.reduce((total, world) => total + world[figure], 0);
  const report = {
    kills: sum("kills"),
    acknowledged: sum("acknowledged"),
    lost: sum("lost"),
    settled: sum("settled"),
    doubleSettled: sum("doubleSettled"),
    wrong: sum("wrong"),
    seed,
    seconds: Math.round((performance.now() - started) / 1_000),
    worlds,
  };
  const failures = worlds.flatMap(failuresOf);
  if (report.kills < kills) failures.push(`only ${report.kills} kills were made`);
  console.log(JSON.stringify(report, undefined, 2));
  for (const failure of failures) console.error(failure);
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(report, undefined, 2)}\n`);
  if (failures.length > 0) process.exitCode = 1;
}

function failuresOf({ store, sabotage, ...world }: WorldReport): string[] {
  const failures: string[] = [];
  const expectNone = (what: string, count: number): void => {
    if (count !== 0) failures.push(`${store}: ${count} ${what}`);
  };
  expectNone("acknowledgements lost", world.lost);
  expectNone("settlements that paid twice or too much", world.doubleSettled);
  expectNone("resources with wrong bytes", world.wrong);
  if (world.uncollected !== "0") failures.push(`${store}: ${world.uncollected} token base units were not collected`);
  if (world.acknowledged === 0) failures.push(`${store}: nobody paid, so nothing was tested`);
  for (const [name, noticed] of Object.entries(sabotage ?? {})) {
    if (noticed === 0) failures.push(`${store}: the judge did not notice ${name}`);
  }
  return failures;
}

function sharesOf(kills: number, kinds: readonly StoreKind[]): number[] {
  if (kinds.length === 1) return [kills];
  const first = Math.ceil((kills * SQLITE_SHARE) / 100);
  return [first, kills - first];
}

function wholeNumber(name: string, typed: string): number {
  if (!/^[0-9]{1,10}$/.test(typed)) throw new RangeError(`--${name} is no whole number: ${typed}`);
  return Number(typed);
}
