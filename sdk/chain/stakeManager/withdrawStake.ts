import type { Deployment } from "../../core/deployment.ts";
import { stakeManagerCall } from "../internal/stakeManagerCall.ts";
import type { StakeManagerCall } from "../internal/stakeManagerCall.ts";
import { writeAction } from "../internal/writeAction.ts";
import { writeSyncAction } from "../internal/writeSyncAction.ts";

/** Options of `withdrawStake`. */
export interface WithdrawStakeOptions {
  readonly deployment: Deployment;
  /** Which of the sender's unbondings; see `readUnbondings`. */
  readonly index: bigint;
}

/** The call of `withdrawStake`, for a simulation or a wallet that sends several calls at once. */
export function withdrawStakeCall({ deployment, index }: WithdrawStakeOptions): StakeManagerCall<"withdraw"> {
  return stakeManagerCall(deployment, "withdraw", [index]);
}

/**
 * Pays out what the sender unbonded: an operator's own stake to its beneficiary, if it has one; else to the sender.
 *
 * Whoever began the unbonding may send it.
 * @throws ContractError `UnbondingUnknown` (also once it was withdrawn), `StillUnbonding`, or an error of the token
 */
export const withdrawStake = /* @__PURE__ */ writeAction(withdrawStakeCall);

/** `withdrawStake`, then waits until it is mined. */
export const withdrawStakeSync = /* @__PURE__ */ writeSyncAction(withdrawStakeCall, "StakeManager", ["StakeWithdrawn"]);
