import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { bytesToHex, privateKeySigner } from "../../sdk/core/index.ts";
import { createViewer } from "../../sdk/viewer/index.ts";
import type { Viewer } from "../../sdk/viewer/index.ts";
import { paperDeployment, publisher } from "../../test/helpers/relayFixture.ts";
import { STREAM_NAME } from "./benchRelay.ts";
import { segmentAt } from "./downloads.ts";

/** Segments that are watched, one after the other. */
const WATCHED = 24;
/** Milliseconds for which answers to receipts are held back: many times what a segment takes over loopback. */
const HELD_MS = 200;

/**
 * Requests that a segment of this package's viewer has to wait for: those that ended while it was wanted. Answers to
 * receipts are held back, so that one which ends in that time is one that the segment waited for.
 */
export async function countRoundTrips(url: string): Promise<number> {
  let finished = 0;
  let posts = 0;
  const viewer = createViewer({
    deployment: paperDeployment,
    signer: privateKeySigner(bytesToHex(new Uint8Array(randomBytes(32)))),
    publisher: publisher.address,
    name: STREAM_NAME,
    manifest: "/paid/weir.json",
    relays: [url],
    maxPricePerGiB: 10n ** 16n,
    budget: 10n ** 24n,
    async fetch(target, init) {
      const response = await fetch(target, init);
      if (new URL(target).pathname === "/weir/receipts") {
        posts++;
        await sleep(HELD_MS);
      }
      finished++;
      return response;
    },
  });
  await watch(viewer, 0);
  let awaited = 0;
  for (let turn = 1; turn <= WATCHED; turn++) {
    // The receipts of the segment before are out of the way.
    await sleep(2 * HELD_MS);
    finished = 0;
    await watch(viewer, turn);
    awaited += finished;
  }
  await viewer.close();
  if (posts === 0) throw new Error("no receipt was posted");
  return awaited / WATCHED;
}

async function watch(viewer: Viewer, turn: number): Promise<void> {
  await (await viewer.fetch(segmentAt(turn))).arrayBuffer();
}
