import type { Secp256k1 } from "../../sdk/core/index.ts";
import { SEGMENT_SIZE } from "./benchRelay.ts";
import { benchViewer, downloadFree, downloadPaid, isReceiptPost } from "./downloads.ts";
import type { BenchFetch } from "./downloads.ts";

/** Downloads under way at a time, each on a connection of its own. */
export const CONNECTIONS = 16;
/** Alternating pairs of paid and free downloads that are measured. */
export const PAIRS = 7;
const WARM_UP = 2;
/** Segments that each connection downloads in an arm of a pair. */
const TURNS = 32;

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
  const pairs: Pair[] = [];
  let posts = 0;
  for (let pair = -WARM_UP; pair < PAIRS; pair++) {
    const measured = [];
    for (const arm of pair % 2 === 0 ? (["paid", "free"] as const) : (["free", "paid"] as const)) {
      measured.push([arm, arm === "paid" ? await pacePaid() : await paceFree()] as const);
    }
    if (pair >= 0) pairs.push(Object.fromEntries(measured) as unknown as Pair);
  }
  return { pairs, receiptPosts: posts / ((PAIRS + WARM_UP) * CONNECTIONS * TURNS) };

  async function paceFree(): Promise<number> {
    return pace(async (turn) => {
      await downloadFree(url, turn);
    });
  }

  /** The last receipts are part of the work. Opening the sessions is not: a player does that once. */
  async function pacePaid(): Promise<number> {
    const send: BenchFetch = async (target, init) => {
      if (isReceiptPost(target)) posts++;
      return fetch(target, init);
    };
    const viewers = Array.from({ length: CONNECTIONS }, () => benchViewer(url, secp256k1, send));
    await Promise.all(viewers.map(async (viewer, connection) => downloadPaid(viewer, connection)));
    return pace(
      async (turn, connection) => downloadPaid(viewers[connection]!, turn),
      async () => {
        const ends = await Promise.all(viewers.map(async (viewer) => viewer.close()));
        const unpaid = ends.find(({ verifiedBytes }) => verifiedBytes !== BigInt((TURNS + 1) * SEGMENT_SIZE));
        if (unpaid !== undefined) throw new Error("a viewer did not get every segment");
      },
    );
  }
}

async function pace(
  download: (turn: number, connection: number) => Promise<void>,
  finish: () => Promise<void> = async () => Promise.resolve(),
): Promise<number> {
  const start = performance.now();
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async (_, connection) => {
      for (let turn = 0; turn < TURNS; turn++) await download(connection + turn, connection);
    }),
  );
  await finish();
  const seconds = (performance.now() - start) / 1_000;
  return (CONNECTIONS * TURNS * SEGMENT_SIZE) / 2 ** 20 / seconds;
}
