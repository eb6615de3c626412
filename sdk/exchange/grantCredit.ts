import { WeirError } from "../core/index.ts";
import { assertServing } from "./relayChannel.ts";
import type { RelayChannel } from "./relayChannel.ts";
import type { RelayPolicy } from "./relayPolicy.ts";

/** What a grant depends on beside the channel itself. Sums are of `grantTaken` over *other* channels of the relay. */
export interface CreditUse {
  /** Bytes of the largest resource that the session's manifest lists. */
  readonly largestResource: bigint;
  /** Bytes taken by the signer's other channels. */
  readonly signerTaken: bigint;
  /** Bytes taken by all other channels without a confirmed deposit. */
  readonly unfundedTaken: bigint;
  /** Open sessions on the signer's other channels. */
  readonly signerSessions: number;
}

/**
 * The starting credit in bytes for a session that is about to open (X3). Call it in the transaction that writes the new
 * state: the sums must not change in between.
 *
 * @param state with a fresh chain view
 * @throws WeirError `channel-closed` or `close-pending` on a channel that is on its way out, `account-empty` if neither the channel nor the account behind it holds money, `too-many-requests` if
 * the signer has too many sessions, `credit-exhausted` if a bound leaves no room
 */
export function grantCredit(state: RelayChannel, use: CreditUse, policy: RelayPolicy): bigint {
  assertServing(state);
  const { deposit, balance } = state.chain;
  if (deposit === 0n && balance === 0n) throw new WeirError("account-empty");
  if (use.signerSessions >= policy.maxSessions) {
    throw new WeirError("too-many-requests", "the signer has too many open sessions");
  }
  const twiceLargest = 2n * use.largestResource;
  const credit = policy.baseCredit > twiceLargest ? policy.baseCredit : twiceLargest;
  if (use.signerTaken + credit > policy.signerCredit) {
    throw new WeirError("credit-exhausted", "the signer's channels hold all the credit that one signer gets");
  }
  if (!isFunded(state) && use.unfundedTaken + credit > policy.unfundedCredit) {
    throw new WeirError("credit-exhausted", "the channels without a deposit hold all the credit that is given without");
  }
  return credit;
}

/** Whether the channel has a confirmed deposit, so that its credit is outside the bound for unfunded channels. */
export function isFunded(state: RelayChannel): boolean {
  return state.chain.deposit > 0n;
}
