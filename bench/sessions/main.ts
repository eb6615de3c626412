import { writeFile } from "node:fs/promises";
import { Agent } from "node:http";
import { parseArgs } from "node:util";
import { setKeccak256 } from "../../sdk/core/index.ts";
import type { Secp256k1 } from "../../sdk/core/index.ts";
import { loadFastKeccak256 } from "../../sdk/internal/fastKeccak256.ts";
import { loadFastSecp256k1 } from "../../sdk/internal/nativeSecp256k1.ts";
import { machineFacts } from "../machineFacts.ts";
import { jainIndex } from "./jainIndex.ts";
import { MOST_GROWTH, runSimulation } from "./runSimulation.ts";
import { startSessionRelay } from "./sessionRelay.ts";
import { openSessions, watchTogether } from "./sessions.ts";

const SESSIONS = 10_000;
/** Sessions of the baseline in the same run. */
const FEW = 100;
/** Sessions that watch at the same time, each on a connection of its own. */
const TOGETHER = 1_000;
/** Segments that each of them gets on average before they stop. */
const AVERAGE = 16;

/** Resident bytes of the relay's process at any time, in all. */
const MOST_RSS = 512 * 2 ** 20;
/** Bytes that a session may add to the heap. */
const MOST_PER_SESSION = 8_192;
/** Jain's index over the segments of those who watch together: 1 if all get the same. */
const LEAST_FAIRNESS = 0.9;
/** Segments that everybody gets at least, of the average. */
const LEAST_SERVED = AVERAGE / 2;

const SIMULATED = { sessionsPerHour: 200, warmUpHours: 4, hours: 48 };
const MIB = 2 ** 20;

const HELP = `npm run bench:sessions -- [options]

Opens ${SESSIONS} sessions on one relay process, with SQLite on disk, over HTTP, each with its own key, channel and signed receipts,
after ${FEW} that are the baseline. Then ${TOGETHER} of them at a time watch until they have
${AVERAGE} segments each on average, until all have. Last, ${SIMULATED.hours} hours
pass by the relay's clock, with ${SIMULATED.sessionsPerHour} new sessions each. The exit status is 0 if
  the process never has more than ${MOST_RSS / MIB} MiB resident, and a session takes ${MOST_PER_SESSION} bytes of the heap at most,
  everybody gets ${LEAST_SERVED} segments at least, with a fairness (Jain's index) of ${LEAST_FAIRNESS} at least,
  the heap ends within ${MOST_GROWTH / MIB} MiB of where it began.

  --json FILE   also writes {sessions, rssMiB, peakRssMiB, bytesPerSession, heapRatio, fairness, leastServed, heapGrowth} as JSON
  --help        this page`;

const { values } = parseArgs({
  options: { json: { type: "string" }, help: { type: "boolean", default: false } },
});

if (values.help) console.log(HELP);
else await run(values.json);

async function run(json: string | undefined): Promise<void> {
  setKeccak256(await loadFastKeccak256());
  const { backend } = await loadFastSecp256k1();
  const result = { ...(await measureSessions(backend)), ...(await measureHours()) };
  console.log(machineFacts());
  console.table(result);
  if (json !== undefined) await writeFile(json, `${JSON.stringify(result, null, 2)}\n`);
  const holds =
    result.sessions === SESSIONS &&
    result.peakRssMiB <= MOST_RSS / MIB &&
    result.bytesPerSession <= MOST_PER_SESSION &&
    result.fairness >= LEAST_FAIRNESS &&
    result.leastServed >= LEAST_SERVED &&
    result.heapGrowth <= MOST_GROWTH;
  console.log(holds ? "all limits hold" : "a limit does not hold; --help lists them");
  if (!holds) process.exitCode = 1;
}

interface SessionFigures {
  /** Sessions that the relay itself counts. */
  readonly sessions: number;
  readonly opensPerSecond: number;
  /** Resident with all sessions open, and the most at any time. */
  readonly rssMiB: number;
  readonly peakRssMiB: number;
  /** Heap that each session beyond the first hundred added. */
  readonly bytesPerSession: number;
  /** Heap with all sessions over that with a hundred. */
  readonly heapRatio: number;
  /** The worst index of any thousand that watched together, and the fewest segments that anybody got. */
  readonly fairness: number;
  readonly leastServed: number;
}

async function measureSessions(secp256k1: Secp256k1): Promise<SessionFigures> {
  const relay = await startSessionRelay();
  // All connections are kept: by default an agent closes all but 256 that are idle, and who connects again waits for it.
  const agent = new Agent({ keepAlive: true, maxSockets: TOGETHER, maxFreeSockets: TOGETHER });
  try {
    const viewers = await openSessions(relay.url, agent, FEW, secp256k1);
    const few = await relay.memory();
    const start = performance.now();
    viewers.push(...(await openSessions(relay.url, agent, SESSIONS - FEW, secp256k1)));
    const seconds = (performance.now() - start) / 1_000;
    const many = await relay.memory();
    console.error(`${SESSIONS} sessions are open after ${seconds.toFixed(0)} s`);
    let fairness = 1;
    let leastServed = Infinity;
    for (let i = 0; i < SESSIONS; i += TOGETHER) {
      const served = await watchTogether(viewers.slice(i, i + TOGETHER), AVERAGE);
      fairness = Math.min(fairness, jainIndex(served));
      leastServed = Math.min(leastServed, ...served);
      console.error(`${i + TOGETHER} have watched`);
    }
    const { peak, sessions } = await relay.memory();
    const figures = {
      sessions,
      opensPerSecond: Math.round((SESSIONS - FEW) / seconds),
      rssMiB: Math.round(many.rss / MIB),
      peakRssMiB: Math.round(peak / MIB),
      bytesPerSession: Math.round((many.heap - few.heap) / (SESSIONS - FEW)),
      heapRatio: Number((many.heap / few.heap).toFixed(2)),
      fairness: Number(fairness.toFixed(3)),
      leastServed,
    };
    console.error(JSON.stringify(figures));
    return figures;
  } finally {
    agent.destroy();
    await relay.stop();
  }
}

async function measureHours(): Promise<{ readonly simulatedHours: number; readonly heapGrowth: number }> {
  console.error(`${SIMULATED.hours} hours pass`);
  const { after, before } = await runSimulation(SIMULATED);
  return { simulatedHours: SIMULATED.hours, heapGrowth: after - before };
}
