import type { Hex } from "./hex.ts";
import { nextSegmentsRoot } from "./receipt.ts";
import type { SegmentEntry } from "./receipt.ts";
import type { CompactSignature } from "./signature.ts";

/** Where a channel stands: bytes, and the running hash over what they were. Before the first byte the root is the seed. */
export interface Totals {
  /** Cumulative verified bytes; uint64. */
  readonly deliveredBytes: bigint;
  readonly segmentsRoot: Hex;
}

/** A receipt without the channel's terms, where those are known. */
export interface SignedTotals extends Totals {
  readonly signature: CompactSignature;
}

/** What a relay holds: the viewer's own signed totals, or unsigned ones while nothing was receipted. */
export interface Acknowledged extends Totals {
  readonly signature?: CompactSignature;
}

/** A `Fund` without the channel's terms, where those are known. */
export interface SignedFund {
  /** Token base units that the channel's deposit may be raised to. */
  readonly total: bigint;
  /** Seconds since the epoch; the contract still takes it in that second. */
  readonly validUntil: number;
  readonly signature: CompactSignature;
}

/** A receipt with everything that explains it. */
export interface ReceiptStep {
  /** The totals that it continues from. */
  readonly prev: Totals;
  /** The transfers since, in the order in which they entered the running hash. */
  readonly entries: readonly SegmentEntry[];
  readonly receipt: SignedTotals;
}

/**
 * The totals after one more verified transfer.
 *
 * @throws WeirError `malformed-message` if a field has the wrong form
 */
export function extendTotals(totals: Totals, entry: SegmentEntry): Totals {
  return {
    deliveredBytes: totals.deliveredBytes + entry.size,
    segmentsRoot: nextSegmentsRoot(totals.segmentsRoot, entry),
  };
}
