import type { Deployment } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import { paymentChannelsEvents, stakeManagerEvents } from "../internal/eventSources.ts";
import { rewardsDistributorCall } from "../internal/rewardsDistributorCall.ts";
import type { RewardsDistributorCall } from "../internal/rewardsDistributorCall.ts";
import { writeAction } from "../internal/writeAction.ts";
import { writeSyncAction } from "../internal/writeSyncAction.ts";

/** Options of `distribute`. */
export interface DistributeOptions {
  readonly deployment: Deployment;
  readonly operator: Address;
}

/** The call of `distribute`, for a simulation or a wallet that sends several calls at once. */
export function distributeCall({ deployment, operator }: DistributeOptions): RewardsDistributorCall<"distribute"> {
  return rewardsDistributorCall(deployment, "distribute", [operator]);
}

/**
 * Returns a part of the fees that an operator's settlements left in the escrow to the stake behind it, and takes the rest out
 * of the world. Without fees nothing happens, and the epoch stays unused. `readPendingRewards` tells what it would do.
 *
 * Anyone may send it, once an epoch; only the operator itself while it has no rewardable stake, for then all would be lost.
 * @throws ContractError `DistributedAlready` or `NoStake`
 */
export const distribute = /* @__PURE__ */ writeAction(distributeCall);

/** `distribute`, then waits until it is mined. */
export const distributeSync = /* @__PURE__ */ writeSyncAction(
  distributeCall,
  "RewardsDistributor",
  ["RewardsDistributed", "FeesCollected", "RewardsAdded"],
  (deployment) => [paymentChannelsEvents(deployment), stakeManagerEvents(deployment)],
);
