import { readChannel } from "../chain/paymentChannels/readChannel.ts";
import type { ReadClient } from "../chain/clients.ts";
import type { Deployment } from "../core/deployment.ts";
import type { Hex } from "../core/hex.ts";

/** What a viewer asks the chain: nothing that it could not play without. */
export interface ViewerChain {
  /** Whether a channel is closed, and the bytes that were settled on it. */
  channel(id: Hex): Promise<{ readonly closed: boolean; readonly settledBytes: bigint }>;
}

/** The chain behind a viem client. Apart from the viewer, so that a page that does without loads no ABI. */
export function viewerChain(client: ReadClient, deployment: Deployment): ViewerChain {
  return { channel: async (id) => readChannel(client, { deployment, channel: id }) };
}
