import type { Deployment } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import { rewardsDistributorCall } from "../internal/rewardsDistributorCall.ts";
import type { RewardsDistributorCall } from "../internal/rewardsDistributorCall.ts";
import { readAction } from "../internal/readAction.ts";

/** What `distribute` would do for an operator, in token base units. */
export interface PendingRewards {
  /** What its settlements left in the escrow. */
  readonly fees: bigint;
  /** What of it would go to the stake behind it. */
  readonly rewards: bigint;
}

/** Options of `readPendingRewards`. */
export interface ReadPendingRewardsOptions {
  readonly deployment: Deployment;
  readonly operator: Address;
}

/** The call of `readPendingRewards`. */
export function readPendingRewardsCall({
  deployment,
  operator,
}: ReadPendingRewardsOptions): RewardsDistributorCall<"pendingRewards"> {
  return rewardsDistributorCall(deployment, "pendingRewards", [operator]);
}

/**
 * What `distribute` would take and return at this moment.
 */
export const readPendingRewards = /* @__PURE__ */ readAction(
  readPendingRewardsCall,
  ([fees, rewards]): PendingRewards => ({ fees, rewards }),
);
