import type { Deployment } from "../../core/deployment.ts";
import type { Hex } from "../../core/hex.ts";
import type { ManifestProof } from "../../core/manifestProof.ts";
import type { SignedDelivery } from "../../core/signedDelivery.ts";
import { flatDelivery } from "../../core/signedDelivery.ts";
import { stakeManagerEvents } from "../internal/eventSources.ts";
import { deliveryDisputesCall } from "../internal/deliveryDisputesCall.ts";
import type { DeliveryDisputesCall } from "../internal/deliveryDisputesCall.ts";
import { writeAction } from "../internal/writeAction.ts";
import { writeSyncAction } from "../internal/writeSyncAction.ts";

/** Options of `reportManifestContradiction`. */
export interface ReportManifestContradictionOptions {
  readonly deployment: Deployment;
  readonly delivery: SignedDelivery;
  /** What the manifest says of the same resource; see `manifestProof` and `findContradiction`. */
  readonly listed: ManifestProof;
  /** As committed. */
  readonly salt: Hex;
}

/** The call of `reportManifestContradiction`, for a simulation or a wallet that sends several calls at once. */
export function reportManifestContradictionCall({
  deployment,
  delivery,
  listed,
  salt,
}: ReportManifestContradictionOptions): DeliveryDisputesCall<"reportManifestContradiction"> {
  const { entry, proof } = listed;
  const { contentHash, size } = entry;
  return deliveryDisputesCall(deployment, "reportManifestContradiction", [
    flatDelivery(delivery),
    contentHash,
    size,
    proof,
    salt,
  ]);
}

/**
 * Slashes the operator whose agent signed a delivery that says something else than the manifest it names, and retires the
 * agent's key. The sender's part is paid by `claimRewards`.
 *
 * Only who committed to it may send it.
 * @throws ContractError `NotCommitted`, `CommitmentNotInForce`, `NoContradiction`, `NotInManifest`, `NotAccountable` or
 *   `AgentRetired`
 */
export const reportManifestContradiction = /* @__PURE__ */ writeAction(reportManifestContradictionCall);

/** `reportManifestContradiction`, then waits until it is mined. */
export const reportManifestContradictionSync = /* @__PURE__ */ writeSyncAction(
  reportManifestContradictionCall,
  "DeliveryDisputes",
  ["DeliveryDisputed", "Slashed"],
  (deployment) => [stakeManagerEvents(deployment)],
);
