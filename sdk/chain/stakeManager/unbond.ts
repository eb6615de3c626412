import type { Deployment } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import { stakeManagerCall } from "../internal/stakeManagerCall.ts";
import type { StakeManagerCall } from "../internal/stakeManagerCall.ts";
import { writeAction } from "../internal/writeAction.ts";
import { writeSyncAction } from "../internal/writeSyncAction.ts";

/** Options of `unbond`. */
export interface UnbondOptions {
  readonly deployment: Deployment;
  /** Behind whom the stake stands; the sender itself, if it is the operator. */
  readonly operator: Address;
  /** Shares of the operator's pool, not tokens; see `readStake`. */
  readonly shares: bigint;
}

/** The call of `unbond`, for a simulation or a wallet that sends several calls at once. */
export function unbondCall({ deployment, operator, shares }: UnbondOptions): StakeManagerCall<"unbond"> {
  return stakeManagerCall(deployment, "unbond", [operator, shares]);
}

/**
 * Begins to take the sender's stake out. It earns nothing from then on, can still be slashed, and can be withdrawn after the
 * unbonding period by the index in the event: see `withdrawStake`.
 *
 * Whoever holds the shares may send it.
 * @throws ContractError `InsufficientShares` or `ZeroAmount`
 */
export const unbond = /* @__PURE__ */ writeAction(unbondCall);

/** `unbond`, then waits until it is mined. */
export const unbondSync = /* @__PURE__ */ writeSyncAction(unbondCall, "StakeManager", ["UnbondingStarted"]);
