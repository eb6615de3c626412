import type { Hex } from "../../core/hex.ts";

/** What one row of a batch settled. */
export interface Settlement {
  readonly channelId: Hex;
  /** What the row paid, before the fee, in token base units. */
  readonly amount: bigint;
  /** The channel's new total of bytes paid for; below the receipt's `deliveredBytes` if the deposit is spent. */
  readonly settledBytes: bigint;
}

/** Takes apart the word of a `Settled` event: `amount << 64 | settledBytes`. */
export function unpackSettlement(packed: { readonly channelId: Hex; readonly settled: bigint }): Settlement {
  const { channelId, settled } = packed;
  return { channelId, amount: settled >> 64n, settledBytes: BigInt.asUintN(64, settled) };
}
