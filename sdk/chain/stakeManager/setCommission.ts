import type { Deployment } from "../../core/deployment.ts";
import { stakeManagerCall } from "../internal/stakeManagerCall.ts";
import type { StakeManagerCall } from "../internal/stakeManagerCall.ts";
import { writeAction } from "../internal/writeAction.ts";
import { writeSyncAction } from "../internal/writeSyncAction.ts";

/** Options of `setCommission`. */
export interface SetCommissionOptions {
  readonly deployment: Deployment;
  /** Hundredths of a percent. */
  readonly commissionBps: number;
}

/** The call of `setCommission`, for a simulation or a wallet that sends several calls at once. */
export function setCommissionCall({
  deployment,
  commissionBps,
}: SetCommissionOptions): StakeManagerCall<"setCommission"> {
  return stakeManagerCall(deployment, "setCommission", [commissionBps]);
}

/**
 * Sets which part of its delegators' rewards the sender keeps. It can fall at any time; while anyone delegates, it can rise by
 * one step in an epoch: see `readStakeParameters`.
 *
 * An operator may send it, for itself.
 * @throws ContractError `CommissionTooHigh` or `CommissionRaisedAlready`
 */
export const setCommission = /* @__PURE__ */ writeAction(setCommissionCall);

/** `setCommission`, then waits until it is mined. */
export const setCommissionSync = /* @__PURE__ */ writeSyncAction(setCommissionCall, "StakeManager", ["CommissionSet"]);
