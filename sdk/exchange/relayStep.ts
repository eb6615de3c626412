import type { Acknowledged, Hex, ReceiptStep, Secp256k1, SignedFund, SignedTotals, WeirError } from "../core/index.ts";
import type { ChainView, RelayChannel } from "./relayChannel.ts";
import type { RelayPolicy } from "./relayPolicy.ts";

/** What never changes between two steps of a relay. */
export interface RelayEnv {
  /** The domain separator of PaymentChannels. */
  readonly domain: Hex;
  readonly policy: RelayPolicy;
  /** What recovers signers; the fastest that the runtime has. */
  readonly secp256k1: Secp256k1;
}

/**
 * What can happen to a channel on its relay's side. `now` is whole seconds since the epoch by the relay's own clock;
 * one that runs backwards, or was wrong for a while, is harmless.
 */
export type RelayInput =
  /** A viewer whose `Open` was checked opens a session (H3), or opens it again. */
  | {
      readonly type: "open";
      /** Unique; its tokens carry it. */
      readonly session: string;
      readonly seed: Hex;
      /** From `grantCredit`, in the same transaction. */
      readonly startingCredit: bigint;
      readonly receipt?: SignedTotals;
      readonly fund?: SignedFund;
      readonly now: number;
    }
  /** A metered resource is asked for. */
  | {
      readonly type: "reserve";
      readonly session: string;
      readonly transfer: string;
      readonly size: bigint;
      readonly now: number;
    }
  /** A metered resource is asked for, and another server sends it: nobody says how much left, so all of it counts at once. */
  | { readonly type: "handOver"; readonly session: string; readonly size: bigint; readonly now: number }
  /** A transfer came to its end: `sent` bytes were handed to the transport, all of them if it is complete. */
  | { readonly type: "transferred"; readonly transfer: string; readonly sent: bigint; readonly now: number }
  /** A receipt post (H6). All of it is taken or nothing. */
  | {
      readonly type: "post";
      /** The session of its token. An ended one may still pay, but not end its successor. */
      readonly session: string;
      readonly step?: ReceiptStep;
      readonly fund?: SignedFund;
      readonly end?: true;
      readonly now: number;
    }
  /** The payer wants to close the channel once so many bytes are settled, and the agent is about to let it. */
  | { readonly type: "release"; readonly bytes: bigint; readonly now: number }
  /** The session is over: its token ran out and nothing came for a while. */
  | { readonly type: "end"; readonly session: string; readonly now: number }
  /** The chain was read. */
  | { readonly type: "chain"; readonly view: ChainView; readonly now: number }
  /** A process that served these transfers is gone (all transfers if left out): they count as served in full. */
  | { readonly type: "recover"; readonly transfers?: readonly string[]; readonly now: number }
  /**
   * A settlement that collects up to these bytes, and perhaps closes the channel, is about to be written down with its
   * nonce and hash; 0 takes it back.
   */
  | { readonly type: "settling"; readonly bytes: bigint; readonly close?: true }
  /** A funding up to this total is about to be written down with its nonce and hash; 0 takes it back. */
  | { readonly type: "funding"; readonly total: bigint };

/**
 * What the caller has to do, in this order, once the new state is on disk. A step that refuses leaves the state
 * identical (`===`) and has nothing to write.
 */
export type RelayEffect =
  /** Part of the same write as the state: add to the append-only log of the channel. */
  | { readonly type: "log"; readonly step: ReceiptStep }
  /** Send the resource. */
  | { readonly type: "admit"; readonly transfer: string }
  /** Answer an open or a post (H3, H6). */
  | {
      readonly type: "acknowledge";
      readonly acknowledged: Acknowledged;
      /** Bytes that the confirmed deposit pays for. */
      readonly covered: bigint;
      readonly credit: bigint;
    }
  /** Answer with this problem; with `receipt-stale` goes the highest receipt held. */
  | { readonly type: "refuse"; readonly error: WeirError; readonly acknowledged?: Acknowledged }
  /** From now on no token of this session is good for a transfer. */
  | { readonly type: "endSession"; readonly session: string }
  /** Plan the next collection now instead of at the next round. */
  | { readonly type: "collect"; readonly reason: CollectReason };

/** Why collecting should not wait: see `planCollection`. */
export type CollectReason = "close-pending" | "deposit-exhausted" | "session-ended";

/** The state after an input, and what to do. */
export interface RelayStep {
  readonly state: RelayChannel;
  readonly effects: readonly RelayEffect[];
}
