import { setTimeout as sleep } from "node:timers/promises";
import type { Secp256k1 } from "../../sdk/core/index.ts";
import { benchViewer, downloadPaid, isReceiptPost } from "./downloads.ts";
import type { BenchFetch } from "./downloads.ts";

/** Segments that are watched, one after the other. */
const WATCHED = 24;
/** Milliseconds for which answers to receipts are held back: many times what a segment takes over loopback. */
const HELD_MS = 200;

/**
 * Requests that a segment has to wait for: those that began and ended while it was wanted. Answers to receipts are held
 * back, so that one which ends in that time is one that the segment waited for.
 */
export async function countRoundTrips(url: string, secp256k1: Secp256k1): Promise<number> {
  let finished = 0;
  let posts = 0;
  const send: BenchFetch = async (target, init) => {
    const response = await fetch(target, init);
    if (isReceiptPost(target)) {
      posts++;
      await sleep(HELD_MS);
    }
    finished++;
    return response;
  };
  const viewer = benchViewer(url, secp256k1, send);
  await downloadPaid(viewer, 0);
  let awaited = 0;
  for (let turn = 1; turn <= WATCHED; turn++) {
    // The receipts of the segment before are out of the way.
    await sleep(2 * HELD_MS);
    finished = 0;
    await downloadPaid(viewer, turn);
    awaited += finished;
  }
  await viewer.close();
  if (posts === 0) throw new Error("no receipt was posted");
  return awaited / WATCHED;
}
