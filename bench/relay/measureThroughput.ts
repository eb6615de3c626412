import { Agent } from "node:http";
import type { Secp256k1 } from "../../sdk/core/index.ts";
import { download, segmentAt } from "./downloads.ts";
import { CONNECTIONS, pace } from "./pace.ts";
import { openPayers } from "./payer.ts";

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
    return pace(TURNS, async (turn) => {
      await download(`${url}/free/${segmentAt(turn)}`, agent);
    });
  }

  /** The last receipts are part of the work. Opening the sessions is not: a player does that once. */
  async function pacePaid(): Promise<number> {
    const payers = await openPayers(CONNECTIONS, url, agent, secp256k1);
    const perSecond = await pace(TURNS, payers.download, { finish: payers.finish });
    posts += payers.posts();
    return perSecond;
  }
}
