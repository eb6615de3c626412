import type { Deployment } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import { rewardsDistributorCall } from "../internal/rewardsDistributorCall.ts";
import type { RewardsDistributorCall } from "../internal/rewardsDistributorCall.ts";
import { readAction } from "../internal/readAction.ts";

/** Options of `readDistributedIn`. */
export interface ReadDistributedInOptions {
  readonly deployment: Deployment;
  readonly operator: Address;
}

/** The call of `readDistributedIn`. */
export function readDistributedInCall({
  deployment,
  operator,
}: ReadDistributedInOptions): RewardsDistributorCall<"distributedIn"> {
  return rewardsDistributorCall(deployment, "distributedIn", [operator]);
}

/**
 * The last epoch in which an operator's fees were distributed; undefined for never.
 */
export const readDistributedIn = /* @__PURE__ */ readAction(readDistributedInCall, (epoch): bigint | undefined =>
  epoch === 0n ? undefined : epoch,
);
