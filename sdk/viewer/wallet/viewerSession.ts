import type { Address } from "../../core/hex.ts";
import type { SessionSigner } from "../../core/signature.ts";
import type { Viewer } from "../createViewer.ts";
import type { ViewerOptions } from "../viewerOptions.ts";
import type { ClosePlan } from "./closePlan.ts";
import type { EmptiedAccounts } from "./emptyAccounts.ts";
import type { SessionLimits } from "./sessionLimits.ts";

/** A stream to play with a session, and what else `createViewer` may be told about it. */
export interface SessionStream
  extends
    Pick<ViewerOptions, "publisher" | "name" | "manifest">,
    Partial<
      Pick<
        ViewerOptions,
        | "relays"
        | "maxPricePerGiB"
        | "maxGracePeriod"
        | "minStake"
        | "policy"
        | "timing"
        | "reporter"
        | "fetch"
        | "clock"
      >
    > {}

/** Where a session's money is. Token base units. */
export interface SessionBalance {
  /** In the account: neither withdrawn nor in a channel. By the chain. */
  readonly free: bigint;
  /** What funding that was signed for open channels may add up to, all tabs together. */
  readonly reserved: bigint;
  /** What closed channels cost. */
  readonly spent: bigint;
  /** What may still be reserved: of the budget and the deposit. */
  readonly left: bigint;
  /** What may still be reserved within this hour; undefined without a limit. */
  readonly leftThisHour: bigint | undefined;
}

/**
 * A funded session key of this browser, as one tab has it: it signs for what is watched without asking anybody, within
 * limits that only the wallet raises.
 */
export interface ViewerSession {
  /** The wallet that gets everything back. */
  readonly owner: Address;
  readonly signer: SessionSigner;
  /** As they hold in this tab. */
  readonly limits: SessionLimits;
  /** Ends with the session in this tab: it was left or closed, here or in another tab. */
  readonly ended: AbortSignal;
  /**
   * Plays a stream. One viewer of a tab plays at a time, because its channels have one writer; the next waits until one
   * that is being closed is done. It verifies, pays and stops as `createViewer` says.
   *
   * @throws WeirError `session-in-use` while another viewer of this tab is open, or if the session has ended;
   * `malformed-message` naming a wrong option
   */
  viewer(stream: SessionStream): Promise<Viewer>;
  /** @throws WeirError `chain-unavailable`, `storage-failed` */
  balance(): Promise<SessionBalance>;
  /**
   * Puts more into the account. The limits stay.
   *
   * @throws WeirError as `openSession`
   */
  topUp(amount: bigint): Promise<void>;
  /**
   * Raises the limits, in all tabs that open the session from now on. The wallet is asked to sign the new ones.
   *
   * @throws WeirError `request-declined`, `malformed-message`, `storage-failed`
   */
  raiseLimits(limits: SessionLimits): Promise<void>;
  /** Pays what is owed and leaves the session to other tabs and to the next visit. The money stays where it is. */
  leave(): Promise<void>;
  /**
   * What closing the session brings, and when, as things are. It asks no relay: what relays agree to comes sooner.
   *
   * @throws WeirError `chain-unavailable`, `storage-failed`
   */
  planClose(): Promise<ClosePlan>;
  /**
   * Pays what is owed, ends the session in all tabs, and sends everything back to the wallet: one confirmation, if all
   * relays can be reached. What waits for a relay that cannot comes back when its grace period is over: open the session
   * then and close it again, or call `recoverAccounts`. With nothing left the key is forgotten.
   *
   * @throws WeirError `session-in-use` if another tab does not leave, `request-declined`, `chain-unavailable`
   */
  close(): Promise<EmptiedAccounts>;
}
