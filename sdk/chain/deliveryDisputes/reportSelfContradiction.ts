import type { Deployment } from "../../core/deployment.ts";
import type { Hex } from "../../core/hex.ts";
import type { SignedDelivery } from "../../core/signedDelivery.ts";
import { flatDelivery } from "../../core/signedDelivery.ts";
import { stakeManagerEvents } from "../internal/eventSources.ts";
import { deliveryDisputesCall } from "../internal/deliveryDisputesCall.ts";
import type { DeliveryDisputesCall } from "../internal/deliveryDisputesCall.ts";
import { writeAction } from "../internal/writeAction.ts";
import { writeSyncAction } from "../internal/writeSyncAction.ts";

/** Options of `reportSelfContradiction`. */
export interface ReportSelfContradictionOptions {
  readonly deployment: Deployment;
  /** Two of one agent about one resource of one manifest, in the order of the commitment. */
  readonly deliveries: readonly [SignedDelivery, SignedDelivery];
  /** As committed. */
  readonly salt: Hex;
}

/** The call of `reportSelfContradiction`, for a simulation or a wallet that sends several calls at once. */
export function reportSelfContradictionCall({
  deployment,
  deliveries,
  salt,
}: ReportSelfContradictionOptions): DeliveryDisputesCall<"reportSelfContradiction"> {
  const [delivery, other] = deliveries;
  return deliveryDisputesCall(deployment, "reportSelfContradiction", [
    flatDelivery(delivery),
    flatDelivery(other),
    salt,
  ]);
}

/**
 * Slashes the operator whose agent signed two deliveries that say different things, and retires the agent's key. The sender's
 * part is paid by `claimRewards`.
 *
 * Only who committed to them may send it.
 * @throws ContractError `NotCommitted`, `CommitmentNotInForce`, `DifferentSubject`, `NoContradiction`, `NotAccountable` or
 *   `AgentRetired`
 */
export const reportSelfContradiction = /* @__PURE__ */ writeAction(reportSelfContradictionCall);

/** `reportSelfContradiction`, then waits until it is mined. */
export const reportSelfContradictionSync = /* @__PURE__ */ writeSyncAction(
  reportSelfContradictionCall,
  "DeliveryDisputes",
  ["DeliveryDisputed", "Slashed"],
  (deployment) => [stakeManagerEvents(deployment)],
);
