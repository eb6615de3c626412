import type { Deployment } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import { stakeManagerCall } from "../internal/stakeManagerCall.ts";
import type { StakeManagerCall } from "../internal/stakeManagerCall.ts";
import { writeAction } from "../internal/writeAction.ts";
import { writeSyncAction } from "../internal/writeSyncAction.ts";

/** Options of `claimRewards`. */
export interface ClaimRewardsOptions {
  readonly deployment: Deployment;
  /** An operator with commissions, or a reporter with its part of a slash. */
  readonly account: Address;
}

/** The call of `claimRewards`, for a simulation or a wallet that sends several calls at once. */
export function claimRewardsCall({ deployment, account }: ClaimRewardsOptions): StakeManagerCall<"claimRewards"> {
  return stakeManagerCall(deployment, "claimRewards", [account]);
}

/**
 * Pays an account its commissions and its parts of slashes, to its beneficiary if it has one. With nothing to pay, nothing
 * happens. What delegated stake earns is not claimed: it stays with the stake.
 *
 * Anyone may send it.
 * @throws ContractError an error of the token
 */
export const claimRewards = /* @__PURE__ */ writeAction(claimRewardsCall);

/** `claimRewards`, then waits until it is mined. */
export const claimRewardsSync = /* @__PURE__ */ writeSyncAction(claimRewardsCall, "StakeManager", ["RewardsClaimed"]);
