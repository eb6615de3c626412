import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Channel, Secp256k1 } from "../../sdk/core/index.ts";
import { channelId } from "../../sdk/core/index.ts";
import { createRelay, sqliteStore } from "../../sdk/relay/index.ts";
import type { Relay } from "../../sdk/relay/index.ts";
import { paperChain, paperDeployment, paperDomain, payee, payeeKey } from "../../test/helpers/relayFixture.ts";
import { publisher, testStream } from "../../test/helpers/relayFixture.ts";
import { testViewer } from "../../test/helpers/testViewer.ts";

/** What is simulated. */
export interface SimulationOptions {
  /** Sessions that viewers open in every hour. */
  readonly sessionsPerHour: number;
  /** Hours before the first look at the heap: everything that is made once is there by then. */
  readonly warmUpHours: number;
  /** Hours between the first and the last look. */
  readonly hours: number;
  /** What signs and checks. */
  readonly secp256k1: Secp256k1;
}

/** What was found. */
export interface Simulation {
  /** Sessions that came and went between the two looks. */
  readonly sessions: number;
  /** Bytes of the heap and of buffers beside it, after garbage collection, when no session is open. */
  readonly before: number;
  readonly after: number;
}

const ORIGIN = "https://relay.example";
const HOUR = 3_600;
/** Visits under way at a time: half of the openings that a relay takes. */
const AT_ONCE = 32;
/** Bytes of a segment. */
const SEGMENT_SIZE = 4_096;

/**
 * Hours of a relay's life, by its own clock: viewers open sessions, read playlists, download, pay and go, some without a
 * word; their channels are closed on chain an hour later. Needs a process with `--expose-gc`.
 */
export async function simulateHours(options: SimulationOptions): Promise<Simulation> {
  const { hours, sessionsPerHour, warmUpHours } = options;
  const folder = await mkdtemp(join(tmpdir(), "weir-hours-"));
  const chain = paperChain();
  const time = { now: 1_900_000_000 };
  const source = await testStream(4, SEGMENT_SIZE);
  source.files.set("live.m3u8", new TextEncoder().encode("#EXTM3U\n"));
  const relay = createRelay({
    ...{ deployment: paperDeployment, payee, agent: payeeKey, pricePerGiB: 10n ** 16n, gracePeriod: 86_400 },
    publicUrl: ORIGIN,
    streams: [{ path: "/video/", source, publisher: publisher.address }],
    store: sqliteStore(join(folder, "relay.db")),
    chain,
    // An hour passes in a second of the clock that counts attempts.
    limits: { watchMs: 20, sweepMs: 20, sessionsPerMinute: 1_000_000 },
    clock: () => time.now,
  });
  await relay.start();
  let before = 0;
  try {
    let gone: Channel[] = [];
    for (let hour = 0; hour < warmUpHours + hours; hour++) {
      if (hour === warmUpHours) before = await heapBytes();
      const channels: Channel[] = [];
      while (channels.length < sessionsPerHour) {
        const turns = Array.from({ length: Math.min(AT_ONCE, sessionsPerHour - channels.length) }, (_, i) => i);
        channels.push(...(await Promise.all(turns.map(async (turn) => visit(relay, options.secp256k1, turn)))));
      }
      for (const channel of gone) chain.set(channel, { deposit: 1n, closed: true });
      time.now += HOUR;
      await untilNobodyIsThere(relay, chain.block);
      for (const channel of gone) chain.views.delete(channelId(channel));
      gone = channels;
    }
    return { sessions: hours * sessionsPerHour, before, after: await heapBytes() };
  } finally {
    await relay.stop();
    rmSync(folder, { recursive: true });
  }
}

/** One viewer's visit. Resolves to its channel. */
async function visit(relay: Relay, secp256k1: Secp256k1, turn: number): Promise<Channel> {
  const address = `203.0.113.${String(turn % 256)}`;
  const viewer = await testViewer({
    fetch: async (path, init) => relay.fetch(new Request(ORIGIN + path, init), { address }),
    ...{ origin: ORIGIN, domain: paperDomain, secp256k1 },
  });
  await viewer.open();
  await (await viewer.get("live.m3u8")).arrayBuffer();
  await viewer.download("segment-0.m4s");
  await viewer.download("segment-1.m4s");
  await viewer.pay(turn % 2 === 0 ? { end: true } : {});
  return viewer.channel;
}

async function untilNobodyIsThere(relay: Relay, block: number): Promise<void> {
  for (;;) {
    const { block: watched = 0, sessions } = await relay.status();
    if (sessions === 0 && watched >= block) return;
    await sleep(10);
  }
}

/** Collects garbage until nothing more goes: what was freed can free more. */
async function heapBytes(): Promise<number> {
  if (globalThis.gc === undefined) throw new Error("run it with --expose-gc");
  let least = Infinity;
  for (let i = 0; i < 4; i++) {
    await sleep(50);
    globalThis.gc();
    const { arrayBuffers, heapUsed } = process.memoryUsage();
    least = Math.min(least, heapUsed + arrayBuffers);
  }
  return least;
}
