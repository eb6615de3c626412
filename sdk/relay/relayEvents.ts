import type { Hex, WeirErrorCode } from "../core/index.ts";
import type { CollectionReason } from "../exchange/index.ts";
import type { Logger } from "./logger.ts";

/** What a request was for. */
export type RelayRoute = "terms" | "session" | "receipt" | "closing" | "deposit" | "media";

/** Where the verified bytes of a resource came from; `joined` a read of them that was under way. */
export type ResourceOrigin = "memory" | "joined" | "disk" | "origin";

/** A limit of the relay's own that turned a request away. */
export type RelayLimit = "openings" | "free-bytes" | "sessions" | "receipts" | "deposits" | "memory";

/**
 * What a relay tells about its work, as it happens. Sizes are bytes, amounts token base units, times seconds. Nothing in an
 * event is secret; channels and hashes are as public as the chain.
 */
export type RelayEvent =
  /** A viewer opened a session, or opened its own again. `stream` is the stream's path on the relay. */
  | { readonly type: "sessionOpened"; readonly channel: Hex; readonly stream: string }
  /** A session is over: its viewer said so, went away or opened another, or the channel was closed. */
  | { readonly type: "sessionEnded"; readonly channel: Hex }
  /** A request was answered with a problem. A request without a session that gets a challenge is none. */
  | { readonly type: "requestRefused"; readonly route: RelayRoute; readonly code: WeirErrorCode }
  /**
   * A transfer of a listed resource ended. `bytes` of its `size` left; `seconds` passed from the request until the first
   * byte could leave, so that the viewer's own bandwidth does not count.
   */
  | {
      readonly type: "segmentServed";
      readonly stream: string;
      readonly free: boolean;
      readonly bytes: number;
      readonly size: number;
      readonly seconds: number;
    }
  /** Verified bytes of a listed resource were had. */
  | { readonly type: "resourceRead"; readonly from: ResourceOrigin; readonly bytes: number }
  /** A post was accepted and is on disk: what it added to what the viewer acknowledged, and how long that took. */
  | {
      readonly type: "receiptTaken";
      readonly channel: Hex;
      readonly bytes: bigint;
      readonly value: bigint;
      readonly seconds: number;
    }
  /** A viewer asked to close its channel; what is not settled by `until` (seconds since the epoch) is lost. */
  | { readonly type: "closeRequested"; readonly channel: Hex; readonly until: number }
  /** A transaction that collects was written down and sent. `value` is what it should collect, `cost` what it should cost. */
  | {
      readonly type: "collectionSent";
      readonly nonce: number;
      readonly hash: Hex;
      readonly reason: CollectionReason;
      readonly funds: number;
      readonly settles: number;
      readonly closes: number;
      readonly value: bigint;
      readonly cost: bigint;
    }
  /** A transaction was stuck and sent again for a higher fee. */
  | { readonly type: "collectionReplaced"; readonly nonce: number; readonly hash: Hex }
  /** The nonce of a transaction is used in a confirmed block. `achieved`: whether it did anything that it was sent for. */
  | { readonly type: "collectionMined"; readonly nonce: number; readonly achieved: boolean }
  /** A round of collecting failed and will be tried again. */
  | { readonly type: "collectionFailed"; readonly code: WeirErrorCode }
  /** A transaction that was mined is no more, because the chain replaced its block. It is sent again. */
  | { readonly type: "collectionTakenBack"; readonly nonce: number }
  /**
   * A viewer asked to close its channel, and what it owes cannot be settled now: gas is above the operator's limit, or
   * costs more than it would bring. What is not settled by `until` (seconds since the epoch) is lost.
   */
  | {
      readonly type: "closeAtRisk";
      readonly channel: Hex;
      readonly until: number;
      readonly value: bigint;
      readonly why: "gas-limit" | "cost";
    }
  /** Nothing is collected until gas is cheaper than the operator's limit. Prices are wei per gas. */
  | { readonly type: "gasCapWaiting"; readonly gasPrice: bigint; readonly maxGasPrice: bigint }
  /** A source did not give what the manifest lists, or no manifest. */
  | { readonly type: "originFailed"; readonly stream: string; readonly code: WeirErrorCode }
  /** Something could not be read from or written to the store. */
  | { readonly type: "storageFailed" }
  /** The chain cannot be read. Told once, until it can be again. */
  | { readonly type: "chainFailed"; readonly code: WeirErrorCode }
  | { readonly type: "chainRecovered" }
  /** Blocks up to `block` that were read are no more; what stands ends with block `above`. All after it is read again. */
  | { readonly type: "chainReplaced"; readonly above: number; readonly block: number }
  /** A limit turned a request away. */
  | { readonly type: "limitHit"; readonly limit: RelayLimit };

/** Hears what a relay does. It is called where things happen, so it must be quick; what it throws disturbs nothing. */
export type RelayListener = (event: RelayEvent) => void;

/** A listener that never throws: what it throws is logged, once, because a broken one may break at every event. */
export function guardedListener(listener: RelayListener | undefined, logger: Logger): RelayListener {
  if (listener === undefined) return () => undefined;
  let isReported = false;
  return (event) => {
    try {
      listener(event);
    } catch (err) {
      if (isReported) return;
      isReported = true;
      logger.error({ err, event: event.type }, "the listener of the relay's events failed; not reported again");
    }
  };
}
