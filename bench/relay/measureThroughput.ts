import { Agent } from "node:http";
import type { Secp256k1 } from "../../sdk/core/index.ts";
import { SEGMENT_SIZE } from "./benchRelay.ts";
import { download, segmentAt } from "./downloads.ts";
import { openPayer } from "./payer.ts";

/** Downloads under way at a time, each on a connection of its own. */
export const CONNECTIONS = 16;
/** Alternating pairs of paid and free downloads that are measured. */
export const PAIRS = 7;
const WARM_UP = 2;
/** Segments that each connection downloads in an arm of a pair. */
const TURNS = 64;

/** One pair, in MiB per second. */
export interface Pair {
  readonly paid: number;
  readonly free: number;
}

/** What was measured. */
export interface ThroughputMeasurement {
  readonly pairs: readonly Pair[];
  /** Posts with receipts for each segment. */
  readonly receiptPosts: number;
}

/** Measures paid and free downloads of the same segments from the same relay in turn. */
export async function measureThroughput(url: string, secp256k1: Secp256k1): Promise<ThroughputMeasurement> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const pairs: Pair[] = [];
  let posts = 0;
  for (let pair = -WARM_UP; pair < PAIRS; pair++) {
    // Each arm goes first as often as the other.
    const before = pair % 2 === 0 ? undefined : await paceFree();
    const paid = await pacePaid();
    const free = before ?? (await paceFree());
    if (pair >= 0) pairs.push({ paid, free });
  }
  agent.destroy();
  return { pairs, receiptPosts: posts / ((PAIRS + WARM_UP) * CONNECTIONS * TURNS) };

  async function paceFree(): Promise<number> {
    return pace(async (turn) => {
      await download(`${url}/free/${segmentAt(turn)}`, agent);
    });
  }

  /** The last receipts are part of the work. Opening the sessions is not: a player does that once. */
  async function pacePaid(): Promise<number> {
    const payers = await Promise.all(Array.from({ length: CONNECTIONS }, async () => openPayer(url, agent, secp256k1)));
    const perSecond = await pace(
      async (turn, connection) => payers[connection]?.download(turn),
      async () => {
        const acknowledged = await Promise.all(payers.map(async (payer) => payer.finish()));
        if (acknowledged.some((bytes) => bytes !== BigInt(TURNS * SEGMENT_SIZE))) {
          throw new Error("the relay did not acknowledge every byte");
        }
      },
    );
    for (const payer of payers) posts += payer.posts();
    return perSecond;
  }
}

async function pace(
  downloadOne: (turn: number, connection: number) => Promise<void>,
  finish: () => Promise<void> = async () => Promise.resolve(),
): Promise<number> {
  const start = performance.now();
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async (_, connection) => {
      for (let turn = 0; turn < TURNS; turn++) await downloadOne(connection + turn, connection);
    }),
  );
  await finish();
  const seconds = (performance.now() - start) / 1_000;
  return (CONNECTIONS * TURNS * SEGMENT_SIZE) / 2 ** 20 / seconds;
}
