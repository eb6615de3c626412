import type { Deployment } from "../../core/deployment.ts";
import { stakeManagerCall } from "../internal/stakeManagerCall.ts";
import type { StakeManagerCall } from "../internal/stakeManagerCall.ts";
import { writeAction } from "../internal/writeAction.ts";
import { writeSyncAction } from "../internal/writeSyncAction.ts";

/** Options of `stake`. */
export interface StakeOptions {
  readonly deployment: Deployment;
  /** Token base units. */
  readonly amount: bigint;
}

/** The call of `stake`, for a simulation or a wallet that sends several calls at once. */
export function stakeCall({ deployment, amount }: StakeOptions): StakeManagerCall<"stake"> {
  return stakeManagerCall(deployment, "stake", [amount]);
}

/**
 * Adds to the sender's own stake. The sender approved the stake manager before, and set its commission: nobody can delegate
 * before there is own stake.
 *
 * Only a registered operator may send it.
 * @throws ContractError `NotRegistered`, `ZeroAmount`, `InexactTransfer`, `StakeFull`, or an error of the token
 * @example
 * await approveSync(operator, { deployment, spender: "stakeManager", amount });
 * await stakeSync(operator, { deployment, amount });
 */
export const stake = /* @__PURE__ */ writeAction(stakeCall);

/** `stake`, then waits until it is mined. */
export const stakeSync = /* @__PURE__ */ writeSyncAction(stakeCall, "StakeManager", ["Staked"]);
