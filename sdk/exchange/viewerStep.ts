import type { Acknowledged, Hex, Secp256k1, SegmentEntry, Totals, WeirErrorCode } from "../core/index.ts";
import type { UnsignedFund, ViewerChannel } from "./viewerChannel.ts";
import type { ViewerPolicy } from "./viewerPolicy.ts";

/** What a step of a viewer reads beside state and input. */
export interface ViewerEnv {
  /** The domain separator of PaymentChannels, from the viewer's own configuration. */
  readonly domain: Hex;
  readonly policy: ViewerPolicy;
  readonly secp256k1: Secp256k1;
  /** Token base units that the `Fund` of this channel may reach now: see `fundAllowance`. */
  readonly allowance: bigint;
}

/** What the relay states about a channel, on opening and on every post. Believed only as far as it is proven. */
export interface RelayStatement {
  readonly acknowledged: Acknowledged;
  readonly covered: bigint;
  readonly credit: bigint;
}

/** What can happen on the viewer's side. `now` is whole seconds since the epoch by the viewer's clock. */
export type ViewerInput =
  /** The player wants to use this relay. */
  | { readonly type: "open"; readonly now: number }
  /** The relay opened the session (H3). */
  | { readonly type: "opened"; readonly statement: RelayStatement; readonly now: number }
  /** The relay, or the way to it, refused to. `relay-unreachable` for anything below HTTP. */
  | {
      readonly type: "openRefused";
      readonly code: WeirErrorCode;
      readonly now: number;
    }
  /** A metered resource was asked for. Exactly one of the next four follows. */
  | { readonly type: "requested"; readonly size: bigint }
  /** It broke off, or the player aborted it, after `received` bytes. */
  | { readonly type: "aborted"; readonly size: bigint; readonly received: bigint }
  /** The relay refused it with this code. A refused token counts only if it is the newest one. */
  | { readonly type: "requestRefused"; readonly size: bigint; readonly code: WeirErrorCode; readonly now: number }
  /** It arrived whole, and its size and SHA-256 are those of the manifest. Only then. */
  | { readonly type: "verified"; readonly entry: SegmentEntry; readonly now: number }
  /** It arrived and is not what the manifest says. */
  | { readonly type: "corrupt"; readonly now: number }
  /** The relay took a post (H6). */
  | { readonly type: "posted"; readonly post: number; readonly statement: RelayStatement; readonly now: number }
  /** The relay, or the way to it, refused a post; a `receipt-stale` carries what the relay holds. */
  | {
      readonly type: "postRefused";
      readonly post: number;
      readonly code: WeirErrorCode;
      readonly acknowledged?: Acknowledged;
      readonly now: number;
    }
  /** The player is done with this relay: pay, then end the session. */
  | { readonly type: "end"; readonly now: number }
  /** Time went by: see `wakeAt`. */
  | { readonly type: "tick"; readonly now: number };

/**
 * What the caller has to do, in this order. Signatures are made by whoever holds the key, just before sending, so that no
 * key and no signature enters the state.
 */
export type ViewerEffect =
  /** The new state must be on disk before what follows is done. Without this effect writing may wait. */
  | { readonly type: "persist" }
  /** Sign `Open` and what is here, and send the opening request (H3); answer with `opened` or `openRefused`. */
  | { readonly type: "open"; readonly receipt?: Totals; readonly fund?: UnsignedFund }
  /** Sign the receipt and the fund and post them (H6); answer with `posted` or `postRefused`. */
  | {
      readonly type: "post";
      readonly post: number;
      readonly step?: { readonly prev: Totals; readonly entries: readonly SegmentEntry[]; readonly receipt: Totals };
      readonly fund?: UnsignedFund;
      readonly end?: true;
    }
  /** Ask this relay for nothing more until `until`, in seconds since the epoch. */
  | { readonly type: "drop"; readonly code: WeirErrorCode; readonly until: number }
  /** This channel is over. To go on with the relay, open one with a new nonce. */
  | { readonly type: "over"; readonly code: WeirErrorCode }
  /** The viewer left: everything verified is acknowledged, or this relay takes nothing any more. */
  | { readonly type: "left" };

/** The state after an input, and what to do. */
export interface ViewerStep {
  readonly state: ViewerChannel;
  readonly effects: readonly ViewerEffect[];
}
