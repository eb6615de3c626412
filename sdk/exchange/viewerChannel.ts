import { channelId } from "../core/index.ts";
import type { Channel, Hex, SegmentEntry, Totals, WeirErrorCode } from "../core/index.ts";

/** A verified transfer that the relay has not acknowledged. */
export interface PendingEntry {
  readonly entry: SegmentEntry;
  /** The channel's totals with this entry. */
  readonly totals: Totals;
}

/** A `Fund` before it is signed; the key holder signs it each time it is sent. */
export interface UnsignedFund {
  /** Token base units. */
  readonly total: bigint;
  /** Seconds since the epoch. */
  readonly validUntil: number;
}

/** A post that is under way. */
export interface PostUnderWay {
  /** Tells its answer from that of an earlier one. */
  readonly number: number;
  /** The totals of its receipt. */
  readonly receipt: Totals | undefined;
  readonly fund: UnsignedFund | undefined;
  /** Whether it ends the session. */
  readonly end: boolean;
}

/**
 * Where the viewer stands with the relay.
 * - `idle`: no session; ask with `open`
 * - `opening`: the opening request is under way, or about to be tried again
 * - `open`: segments may be requested, unless the viewer is `leaving`
 * - `dropped`: the relay lied or failed too often; it may be asked again from `retryAt` on
 * - `over`: the channel is closed, or cannot or should not be continued; to go on with the relay takes a channel with a new nonce
 */
export type ViewerPhase = "idle" | "opening" | "open" | "dropped" | "over";

/** One channel as its viewer sees it. Plain immutable data; `viewerChannelCodec.ts` writes it down. */
export interface ViewerChannel {
  readonly id: Hex;
  readonly channel: Channel;
  /** The root before the first byte. Known to the two parties alone. */
  readonly seed: Hex;
  readonly phase: ViewerPhase;
  /** Whether the session ends as soon as everything verified is acknowledged. Nothing more is requested. */
  readonly leaving: boolean;
  /** Why the viewer leaves or left, if it is not its own wish. */
  readonly reason: WeirErrorCode | undefined;
  /** The highest totals that the relay acknowledged. Signed by this viewer, or nothing yet. */
  readonly acknowledged: Totals;
  /** What was verified since, oldest first. */
  readonly pending: readonly PendingEntry[];
  /** How many of the first pending entries may be in a receipt that left. */
  readonly exposed: number;
  /** When the first of the entries that no receipt has carried was verified, in seconds since the epoch. */
  readonly pendingSince: number;
  /** Whether the next post goes out as soon as it can, however little it carries. */
  readonly hurry: boolean;
  /** The highest funding ever signed. */
  readonly fund: UnsignedFund | undefined;
  /** Whether the relay took that funding. */
  readonly fundHeld: boolean;
  /** Not before this time is a funding offered again that the account could not back, in seconds since the epoch. */
  readonly fundRetryAt: number;
  readonly post: PostUnderWay | undefined;
  /** Posts made so far. */
  readonly posts: number;
  /** Failures in a row. */
  readonly failures: number;
  /** Not before this time is anything sent again, in seconds since the epoch; 0 unless something failed. */
  readonly retryAt: number;
  /** Since when the relay gives no credit although everything is paid, in seconds since the epoch; 0 if it does. */
  readonly stuckSince: number;
  /** What the relay said the confirmed deposit pays for, in bytes. Advice: nothing is signed because of it. */
  readonly covered: bigint;
  /** What the relay said the channel may owe, in bytes. Advice. */
  readonly credit: bigint;
  /** Bytes that the relay has sent or is sending, as far as the viewer knows. */
  readonly requested: bigint;
  /** Transfers under way. */
  readonly underWay: number;
}

/**
 * A channel that was never used.
 *
 * @param channel its terms must have been checked against the viewer's own limits (X13)
 * @param seed 32 fresh random bytes
 * @throws WeirError `malformed-message` if the descriptor has the wrong form
 */
export function newViewerChannel(channel: Channel, seed: Hex): ViewerChannel {
  return {
    id: channelId(channel),
    channel,
    seed,
    phase: "idle",
    leaving: false,
    reason: undefined,
    acknowledged: { deliveredBytes: 0n, segmentsRoot: seed },
    pending: [],
    exposed: 0,
    pendingSince: 0,
    hurry: false,
    fund: undefined,
    fundHeld: false,
    fundRetryAt: 0,
    post: undefined,
    posts: 0,
    failures: 0,
    retryAt: 0,
    stuckSince: 0,
    covered: 0n,
    credit: 0n,
    requested: 0n,
    underWay: 0,
  };
}

/** Everything verified on the channel: what the next receipt will state. */
export function verifiedTotals({ acknowledged, pending }: ViewerChannel): Totals {
  return pending.at(-1)?.totals ?? acknowledged;
}

/** Bytes that the relay sent or is sending and that it has no receipt for, as far as the viewer knows. */
export function unpaidBytes({ requested, acknowledged }: ViewerChannel): bigint {
  return requested - acknowledged.deliveredBytes;
}

/**
 * Whether the relay is likely to admit a transfer of `size` bytes now. With nothing under way and nothing to pay the
 * viewer's own count may be too high (the relay forgives with time), so then it is worth asking.
 */
export function expectsAdmission(state: ViewerChannel, size: bigint): boolean {
  if (state.phase !== "open" || state.leaving) return false;
  return unpaidBytes(state) + size <= state.credit || (state.pending.length === 0 && state.underWay === 0);
}

/**
 * Whether a transfer may be aborted. Aborted bytes use up credit and are never paid; near the limit a player should
 * finish its transfers, whose receipts free the credit again.
 */
export function mayAbort(state: ViewerChannel): boolean {
  return 2n * unpaidBytes(state) <= state.credit;
}
