import type { Deployment } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import { operatorRegistryCall } from "../internal/operatorRegistryCall.ts";
import type { OperatorRegistryCall } from "../internal/operatorRegistryCall.ts";
import { writeAction } from "../internal/writeAction.ts";
import { writeSyncAction } from "../internal/writeSyncAction.ts";

/** Options of `cancelBeneficiaryProposal`. */
export interface CancelBeneficiaryProposalOptions {
  readonly deployment: Deployment;
  readonly operator: Address;
}

/** The call of `cancelBeneficiaryProposal`, for a multicall, a simulation or a wallet that sends several calls at once. */
export function cancelBeneficiaryProposalCall(
  options: CancelBeneficiaryProposalOptions,
): OperatorRegistryCall<"cancelBeneficiaryProposal"> {
  const { deployment, operator } = options;
  return operatorRegistryCall(deployment, "cancelBeneficiaryProposal", [operator]);
}

/**
 * Voids the pending proposal for an operator.
 *
 * Only the operator or its present beneficiary may send it.
 * @throws ContractError `NotBeneficiary` or `NoProposal`
 */
export const cancelBeneficiaryProposal = /* @__PURE__ */ writeAction(cancelBeneficiaryProposalCall);

/** `cancelBeneficiaryProposal`, then waits until it is mined. */
export const cancelBeneficiaryProposalSync = /* @__PURE__ */ writeSyncAction(
  cancelBeneficiaryProposalCall,
  "OperatorRegistry",
  ["BeneficiaryProposalCancelled"],
);
