import type { Page } from "playwright-core";
import { median } from "../../bench/median.ts";
import { eventually } from "../helpers/eventually.ts";
import { LIVE_SEGMENT_SECONDS, openLiveWorld } from "./liveWorld.ts";
import type { LiveWorld } from "./liveWorld.ts";

/** How far behind the encoder two players of one live stream were, in seconds. */
export interface LivePair {
  readonly plain: number;
  readonly paid: number;
}

/** What following a live stream through relays costs in time. */
export interface LiveMeasurement {
  /** Median, over the pairs, of what the paid player was further behind than the plain one. */
  readonly addedLiveLatencySeconds: number;
  /** What it may be at most. */
  readonly segmentSeconds: number;
  readonly pairs: readonly LivePair[];
}

/** Seconds that both have played when they are compared. */
const PLAYED_SECONDS = 3;
const SAMPLES = 5;

/**
 * Measures how much later a picture is seen through relays than from the encoder's own folder on a plain web server. In each
 * pair two tabs begin together and in turn, and are asked at the same moments which time the picture on them is of.
 */
export async function measureLive(pairs = 5): Promise<LiveMeasurement> {
  const world = await openLiveWorld();
  try {
    const measured: LivePair[] = [];
    for (let i = 0; i < pairs; i++) measured.push(await measurePair(world, i % 2 === 0));
    const addedLiveLatencySeconds = median(measured.map(({ paid, plain }) => paid - plain));
    return { addedLiveLatencySeconds, segmentSeconds: LIVE_SEGMENT_SECONDS, pairs: measured };
  } finally {
    await world.stop();
  }
}

async function measurePair(world: LiveWorld, plainFirst: boolean): Promise<LivePair> {
  const [plain, paid] = [await world.openTab(), await world.openTab()];
  const stream = await world.fund();
  const starts = [async () => world.followPlain(plain), async () => world.followPaid(paid, stream)];
  if (!plainFirst) starts.reverse();
  for (const start of starts) await start();
  for (const tab of [plain, paid]) await hasPlayed(world, tab);
  const samples: LivePair[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    const [ofPlain, ofPaid] = await Promise.all([behind(world, plain), behind(world, paid)]);
    samples.push({ plain: ofPlain, paid: ofPaid });
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await paid.evaluate(async () => window.live.stop());
  await Promise.all([plain.close(), paid.close()]);
  return { plain: median(samples.map((each) => each.plain)), paid: median(samples.map((each) => each.paid)) };
}

async function hasPlayed(world: LiveWorld, tab: Page): Promise<void> {
  const begun = await eventually("it begins", async () => {
    const { position } = await world.read(tab);
    return position > 0 ? position : undefined;
  });
  await eventually("it has played for a while", async () => {
    const { position } = await world.read(tab);
    return position > begun + PLAYED_SECONDS ? true : undefined;
  });
}

async function behind(world: LiveWorld, tab: Page): Promise<number> {
  const { behind: seconds, complaints } = await world.read(tab);
  if (seconds === undefined) throw new Error(`the playlist has no dates: ${complaints.join("; ")}`);
  return seconds;
}
