import type { Deployment } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import { stakeManagerCall } from "../internal/stakeManagerCall.ts";
import type { StakeManagerCall } from "../internal/stakeManagerCall.ts";
import { readAction } from "../internal/readAction.ts";

/** Options of `readIsActive`. */
export interface ReadIsActiveOptions {
  readonly deployment: Deployment;
  readonly operator: Address;
}

/** The call of `readIsActive`. */
export function readIsActiveCall({ deployment, operator }: ReadIsActiveOptions): StakeManagerCall<"isActive"> {
  return stakeManagerCall(deployment, "isActive", [operator]);
}

/**
 * Whether an operator has enough own stake, and an agent in office that no slash retired.
 */
export const readIsActive = /* @__PURE__ */ readAction(readIsActiveCall);
