import type { Deployment } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import { stakeManagerCall } from "../internal/stakeManagerCall.ts";
import type { StakeManagerCall } from "../internal/stakeManagerCall.ts";
import { readAction } from "../internal/readAction.ts";

/** Options of `readRewards`. */
export interface ReadRewardsOptions {
  readonly deployment: Deployment;
  readonly account: Address;
}

/** The call of `readRewards`. */
export function readRewardsCall({ deployment, account }: ReadRewardsOptions): StakeManagerCall<"rewardsOf"> {
  return stakeManagerCall(deployment, "rewardsOf", [account]);
}

/**
 * What `claimRewards` would pay: commissions, and parts of slashes, in token base units.
 */
export const readRewards = /* @__PURE__ */ readAction(readRewardsCall);
