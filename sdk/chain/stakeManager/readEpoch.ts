import { readAction } from "../internal/readAction.ts";
import type { DeploymentOptions } from "../internal/readAction.ts";
import { stakeManagerCall } from "../internal/stakeManagerCall.ts";
import type { StakeManagerCall } from "../internal/stakeManagerCall.ts";

/** The call of `readEpoch`. */
export function readEpochCall({ deployment }: DeploymentOptions): StakeManagerCall<"epoch"> {
  return stakeManagerCall(deployment, "epoch", []);
}

/** The number of the present epoch: the chain's time over the epoch's length, rounded down. */
export const readEpoch = /* @__PURE__ */ readAction(readEpochCall);
