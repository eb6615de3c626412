import type { Deployment } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import { stakeManagerCall } from "../internal/stakeManagerCall.ts";
import type { StakeManagerCall } from "../internal/stakeManagerCall.ts";
import { readAction } from "../internal/readAction.ts";

/** Options of `readIsRetired`. */
export interface ReadIsRetiredOptions {
  readonly deployment: Deployment;
  /** The hot key. */
  readonly agent: Address;
}

/** The call of `readIsRetired`. */
export function readIsRetiredCall({ deployment, agent }: ReadIsRetiredOptions): StakeManagerCall<"isRetired"> {
  return stakeManagerCall(deployment, "isRetired", [agent]);
}

/**
 * Whether an agent's key was slashed for. That cannot be undone: its operator appoints another, and this one proves nothing more.
 */
export const readIsRetired = /* @__PURE__ */ readAction(readIsRetiredCall);
