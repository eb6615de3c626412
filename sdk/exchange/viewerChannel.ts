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
  /** Whether it carries the fund, and whether it ends the session. */
  readonly fund: boolean;
  readonly end: boolean;
}

/**
 * Where the viewer stands with the relay.
 * - `idle`: no session; ask with `open`
 * - `opening`: the opening request is under way
 * - `open`: segments may be requested
 * - `ending`: what is verified is still paid, then the session ends
 * - `dropped`: the relay lied, failed too often or sent wrong bytes; `retryAt` tells when it may be asked again
 * - `over`: the channel is closed or cannot be continued; a new one needs a new nonce
 */
export type ViewerPhase = "idle" | "opening" | "open" | "ending" | "dropped" | "over";

/** One channel as its viewer sees it. Plain immutable data; `viewerChannelCodec.ts` writes it down. */
export interface ViewerChannel {
  readonly id: Hex;
  readonly channel: Channel;
  /** The root before the first byte. Known to the two parties alone. */
  readonly seed: Hex;
  readonly phase: ViewerPhase;
  /** The highest totals that the relay acknowledged. Signed by this viewer, or nothing yet. */
  readonly acknowledged: Totals;
  /** What was verified since, oldest first. */
  readonly pending: readonly PendingEntry[];
  /** How many of the first pending entries may be in a receipt that left. */
  readonly exposed: number;
  /** When the oldest entry that no post has carried was verified, in seconds since the epoch; 0 if there is none. */
  readonly pendingSince: number;
  /** The highest funding ever signed. */
  readonly fund: UnsignedFund | undefined;
  /** Whether the relay acknowledged that funding. */
  readonly fundHeld: boolean;
  readonly post: PostUnderWay | undefined;
  /** Posts made so far. */
  readonly posts: number;
  /** Failures in a row. */
  readonly failures: number;
  /** Not before this time is anything tried again, in seconds since the epoch. */
  readonly retryAt: number;
  /** What the relay said the confirmed deposit pays for, in bytes. Advice: nothing is signed because of it. */
  readonly covered: bigint;
  /** What the relay said the channel may owe, in bytes. Advice. */
  readonly credit: bigint;
  /** Bytes that the relay has sent or is sending, as far as the viewer knows. */
  readonly requested: bigint;
  /** Why the phase is `dropped` or `over`, or why no more segments are given. */
  readonly reason: WeirErrorCode | undefined;
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
    acknowledged: { deliveredBytes: 0n, segmentsRoot: seed },
    pending: [],
    exposed: 0,
    pendingSince: 0,
    fund: undefined,
    fundHeld: false,
    post: undefined,
    posts: 0,
    failures: 0,
    retryAt: 0,
    covered: 0n,
    credit: 0n,
    requested: 0n,
    reason: undefined,
  };
}

/** Everything verified on the channel: what the next receipt will state. */
export function verifiedTotals({ acknowledged, pending }: ViewerChannel): Totals {
  return pending.at(-1)?.totals ?? acknowledged;
}
