import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { machineFacts } from "../../bench/machineFacts.ts";
import { median } from "../../bench/median.ts";
import { HOME_LINK } from "../helpers/browserLink.ts";
import { openFilmWorld } from "./filmWorld.ts";
import type { FilmWorld } from "./filmWorld.ts";
import { LIVE_SEGMENT_SECONDS } from "./liveWorld.ts";
import { measureLive } from "./measureLive.ts";
import type { Playback } from "./pages/playFilm.ts";

const PAIRS = 5;
const SEGMENTS = 8;
const LIMITS = {
  startupRatio: 1.15,
  extraStallSeconds: 0.1,
  preflightsPerSegment: 0,
  paidBadBytes: 0,
  addedLiveLatencySeconds: LIVE_SEGMENT_SECONDS,
} as const;

const HELP = `npm run test:browser -- [--json FILE]

After the tests in a browser, measures what a viewer's relays cost its player: a film of ${SEGMENTS * 2} s in H.264 and AAC, by plain
hls.js from one healthy origin, and by hls.js through a viewer from three relays, of which one sends wrong segments and
one dies in the middle of one. Both over the same link, ${HOME_LINK.bitsPerSecond / 1e6} Mbit/s and ${HOME_LINK.roundTripMs} ms there and back, in ${PAIRS} alternating pairs.
The video element and the link are asked, not the player or the viewer.

  startupRatio          until the film moves, opening sessions included, against plain; at most ${LIMITS.startupRatio}
  extraStallSeconds     what the film takes beyond its length, minus the same of plain; at most ${LIMITS.extraStallSeconds}
  preflightsPerSegment  OPTIONS requests that a relay got, receipts and sessions included, by segments; ${LIMITS.preflightsPerSegment}
  paidBadBytes          bytes acknowledged to the corrupting relay beyond those it sent as they are; ${LIMITS.paidBadBytes}
  addedLiveLatencySeconds  what a live picture is later through relays than from a plain web server; at most a segment

All are medians, but paidBadBytes, which is a sum. The exit status is 0 if every limit holds.

  --json FILE   also writes the numbers as JSON
  --help        this page`;

type Measured = Record<keyof typeof LIMITS, number>;

/** One play of each kind, and what was seen on the wire. */
interface Pair {
  readonly plain: Playback;
  readonly paid: Playback;
  readonly preflightsPerSegment: number;
  readonly paidBadBytes: number;
}

const { values } = parseArgs({ options: { json: { type: "string" }, help: { type: "boolean", default: false } } });
if (values.help) console.log(HELP);
else await run(values.json);

async function run(json: string | undefined): Promise<void> {
  console.log(machineFacts());
  const world = await openFilmWorld(SEGMENTS);
  const pairs: Pair[] = [];
  try {
    for (let i = 0; i < PAIRS; i += 1) pairs.push(await playPair(world, i % 2 === 0));
  } finally {
    await world.stop();
  }
  console.table(
    pairs.map(({ paid, plain }) => ({
      "plain startup ms": Math.round(plain.startupMs),
      "paid startup ms": Math.round(paid.startupMs),
      ratio: Number((paid.startupMs / plain.startupMs).toFixed(3)),
      "plain stall s": Number(plain.stallSeconds.toFixed(3)),
      "paid stall s": Number(paid.stallSeconds.toFixed(3)),
      "plain lines": Math.round(plain.lines),
      "paid lines": Math.round(paid.lines),
    })),
  );
  const live = await measureLive(PAIRS);
  console.table(live.pairs);
  const measured: Measured = {
    startupRatio: median(pairs.map(({ paid, plain }) => paid.startupMs / plain.startupMs)),
    extraStallSeconds: median(pairs.map(({ paid, plain }) => paid.stallSeconds - plain.stallSeconds)),
    preflightsPerSegment: median(pairs.map((pair) => pair.preflightsPerSegment)),
    paidBadBytes: pairs.reduce((sum, pair) => sum + pair.paidBadBytes, 0),
    addedLiveLatencySeconds: live.addedLiveLatencySeconds,
  };
  if (json !== undefined) await writeFile(json, `${JSON.stringify(measured, null, 2)}\n`);
  report(measured);
}

/** Each pair begins with the other arm than the one before. */
async function playPair(world: FilmWorld, plainFirst: boolean): Promise<Pair> {
  const payer = await world.stage.openPayer();
  const untouched = world.untouchedBytes();
  const first = plainFirst ? await world.playPlain("hls") : undefined;
  const { playback: paid, traffic } = await world.playPaid("hls", payer);
  const { playback: plain } = first ?? (await world.playPlain("hls"));
  const segments = traffic.requests.filter(({ method, path }) => method === "GET" && path.endsWith(".m4s"));
  const preflights = traffic.requests.filter(({ method }) => method === "OPTIONS");
  const corrupting = paid.status.relays.find(({ origin }) => origin === world.corrupting.url);
  const good = world.untouchedBytes() - untouched;
  const extra = (corrupting?.verifiedBytes ?? 0n) - good;
  return {
    ...{ plain, paid },
    preflightsPerSegment: preflights.length / segments.length,
    paidBadBytes: Math.max(0, Number(extra)),
  };
}

/** Ends as a test runner does, so that it is counted like one. */
function report(measured: Measured): void {
  const names = Object.keys(LIMITS) as (keyof typeof LIMITS)[];
  const failing = names.filter((name) => !(measured[name] <= LIMITS[name]));
  for (const name of names) {
    const mark = failing.includes(name) ? "✘" : "✔";
    console.log(`  ${mark} ${name} ${measured[name].toFixed(3)}, at most ${LIMITS[name]}`);
  }
  console.log(`\n  ${names.length - failing.length} passing`);
  if (failing.length > 0) console.log(`  ${failing.length} failing`);
  process.exitCode = failing.length > 0 ? 1 : 0;
}
