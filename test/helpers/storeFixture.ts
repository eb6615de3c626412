import { randomBytes } from "node:crypto";
import { bytesToHex } from "../../sdk/core/index.ts";
import type { Channel, Hex, ReceiptStep } from "../../sdk/core/index.ts";
import type { RelayChannel } from "../../sdk/exchange/index.ts";
import type { ChannelIndex, ChannelWrite } from "../../sdk/relay/index.ts";
import { payee } from "./relayFixture.ts";

/** When everything happens in tests of stores, in seconds since the epoch. */
export const NOW = 1_900_000_000;

/** The index of a channel with nothing to be done about it. */
export const NOTHING: ChannelIndex = { taken: 0n, takenUntil: 0, funded: false, collectable: false, collecting: false };

/** Random bytes. */
export function hex(size: number): Hex {
  return bytesToHex(new Uint8Array(randomBytes(size)));
}

/** A channel of a signer, by default a new one. */
export function channelOf(signer: Hex = hex(20)): Channel {
  return { signer, payee, pricePerGiB: 5n, gracePeriod: 86_400, nonce: BigInt(hex(8)) };
}

/** A durable write of a state. */
export function write(state: RelayChannel, from: number, change: Partial<ChannelWrite> = {}): ChannelWrite {
  return { state, from, index: NOTHING, log: [], now: NOW, urgency: "durable", ...change };
}

/** A receipt over entries of these sizes; nothing in it is signed. */
export function stepOf(prevBytes: bigint, sizes: readonly bigint[]): ReceiptStep {
  return {
    prev: { deliveredBytes: prevBytes, segmentsRoot: hex(32) },
    entries: sizes.map((size) => ({ resource: hex(32), contentHash: hex(32), size })),
    receipt: {
      deliveredBytes: sizes.reduce((sum, size) => sum + size, prevBytes),
      segmentsRoot: hex(32),
      signature: hex(64),
    },
  };
}
