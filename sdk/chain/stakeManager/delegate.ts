import type { Deployment } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import { stakeManagerCall } from "../internal/stakeManagerCall.ts";
import type { StakeManagerCall } from "../internal/stakeManagerCall.ts";
import { writeAction } from "../internal/writeAction.ts";
import { writeSyncAction } from "../internal/writeSyncAction.ts";

/** Options of `delegate`. */
export interface DelegateOptions {
  readonly deployment: Deployment;
  readonly operator: Address;
  /** Token base units. */
  readonly amount: bigint;
  /** Refused if the operator keeps more of its delegators' rewards, in hundredths of a percent. */
  readonly maxCommissionBps: number;
}

/** The call of `delegate`, for a simulation or a wallet that sends several calls at once. */
export function delegateCall({
  deployment,
  operator,
  amount,
  maxCommissionBps,
}: DelegateOptions): StakeManagerCall<"delegate"> {
  return stakeManagerCall(deployment, "delegate", [operator, amount, maxCommissionBps]);
}

/**
 * Delegates the sender's tokens to an active operator. The sender approved the stake manager before. A slash takes the
 * operator's own stake first and then what was delegated: `readOperatorStake` says how much stands before it.
 *
 * Anyone but the operator may send it.
 * @throws ContractError `OperatorNotActive`, `CannotDelegateToSelf`, `CommissionTooHigh`, `DelegationTooHigh`, `ZeroAmount`,
 *   `InexactTransfer`, `StakeFull`, or an error of the token
 */
export const delegate = /* @__PURE__ */ writeAction(delegateCall);

/** `delegate`, then waits until it is mined. */
export const delegateSync = /* @__PURE__ */ writeSyncAction(delegateCall, "StakeManager", ["Delegated"]);
