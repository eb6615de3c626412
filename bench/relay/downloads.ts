import { createHash, randomBytes } from "node:crypto";
import { bytesToHex, privateKeySigner } from "../../sdk/core/index.ts";
import type { Secp256k1 } from "../../sdk/core/index.ts";
import { createViewer } from "../../sdk/viewer/index.ts";
import type { Viewer } from "../../sdk/viewer/index.ts";
import { paperDeployment, publisher } from "../../test/helpers/relayFixture.ts";
import { SEGMENTS, STREAM_NAME } from "./benchRelay.ts";

/** What a viewer sends its requests with. */
export type BenchFetch = (url: string, init: RequestInit) => Promise<Response>;

/** Path of the `turn`th download in the stream's directory. */
export function segmentAt(turn: number): string {
  return `segment-${String(turn % SEGMENTS)}.m4s`;
}

/** Downloads a segment without paying, and hashes it as a careful player would. Resolves to the hash. */
export async function downloadFree(url: string, turn: number): Promise<string> {
  const response = await fetch(`${url}/free/${segmentAt(turn)}`);
  if (response.status !== 200) throw new Error(`not served: ${String(response.status)}`);
  return createHash("sha256")
    .update(new Uint8Array(await response.arrayBuffer()))
    .digest("hex");
}

/** A viewer as a player has it, with a key and a channel of its own. */
export function benchViewer(url: string, secp256k1: Secp256k1, send: BenchFetch): Viewer {
  return createViewer({
    deployment: paperDeployment,
    signer: privateKeySigner(bytesToHex(new Uint8Array(randomBytes(32))), secp256k1),
    publisher: publisher.address,
    name: STREAM_NAME,
    manifest: "/paid/weir.json",
    relays: [url],
    maxPricePerGiB: 10n ** 16n,
    budget: 10n ** 24n,
    fetch: send,
  });
}

/** Downloads a segment through a viewer, which verifies and pays it. */
export async function downloadPaid(viewer: Viewer, turn: number): Promise<void> {
  await (await viewer.fetch(segmentAt(turn))).arrayBuffer();
}

/** Whether a request to a relay carries a receipt. */
export function isReceiptPost(url: string): boolean {
  return new URL(url).pathname === "/weir/receipts";
}
