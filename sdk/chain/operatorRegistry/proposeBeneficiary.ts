import type { Deployment } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import { operatorRegistryCall } from "../internal/operatorRegistryCall.ts";
import type { OperatorRegistryCall } from "../internal/operatorRegistryCall.ts";
import { writeAction } from "../internal/writeAction.ts";
import { writeSyncAction } from "../internal/writeSyncAction.ts";

/** Options of `proposeBeneficiary`. */
export interface ProposeBeneficiaryOptions {
  readonly deployment: Deployment;
  /** The zero address: to the operator itself. */
  readonly beneficiary: Address;
}

/** The call of `proposeBeneficiary`, for a multicall, a simulation or a wallet that sends several calls at once. */
export function proposeBeneficiaryCall(options: ProposeBeneficiaryOptions): OperatorRegistryCall<"proposeBeneficiary"> {
  const { deployment, beneficiary } = options;
  return operatorRegistryCall(deployment, "proposeBeneficiary", [beneficiary]);
}

/**
 * Sends the sender's earnings to another wallet after the registry's delay, without the present beneficiary's help.
 *
 * Anyone may send it, for itself.
 */
export const proposeBeneficiary = /* @__PURE__ */ writeAction(proposeBeneficiaryCall);

/** `proposeBeneficiary`, then waits until it is mined. */
export const proposeBeneficiarySync = /* @__PURE__ */ writeSyncAction(proposeBeneficiaryCall, "OperatorRegistry", [
  "BeneficiaryProposed",
]);
