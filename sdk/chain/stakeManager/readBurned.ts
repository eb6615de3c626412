import { readAction } from "../internal/readAction.ts";
import type { DeploymentOptions } from "../internal/readAction.ts";
import { stakeManagerCall } from "../internal/stakeManagerCall.ts";
import type { StakeManagerCall } from "../internal/stakeManagerCall.ts";

/** The call of `readBurned`. */
export function readBurnedCall({ deployment }: DeploymentOptions): StakeManagerCall<"burned"> {
  return stakeManagerCall(deployment, "burned", []);
}

/** What slashing took and paid to nobody so far, in token base units. It stays where it is for ever. */
export const readBurned = /* @__PURE__ */ readAction(readBurnedCall);
