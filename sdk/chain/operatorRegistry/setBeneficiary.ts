import type { Deployment } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import { operatorRegistryCall } from "../internal/operatorRegistryCall.ts";
import type { OperatorRegistryCall } from "../internal/operatorRegistryCall.ts";
import { writeAction } from "../internal/writeAction.ts";
import { writeSyncAction } from "../internal/writeSyncAction.ts";

/** Options of `setBeneficiary`. */
export interface SetBeneficiaryOptions {
  readonly deployment: Deployment;
  readonly operator: Address;
  /** The zero address: to the operator itself. */
  readonly beneficiary: Address;
}

/** The call of `setBeneficiary`, for a multicall, a simulation or a wallet that sends several calls at once. */
export function setBeneficiaryCall(options: SetBeneficiaryOptions): OperatorRegistryCall<"setBeneficiary"> {
  const { deployment, operator, beneficiary } = options;
  return operatorRegistryCall(deployment, "setBeneficiary", [operator, beneficiary]);
}

/**
 * Sends an operator's earnings to another wallet from now on, and voids any proposal.
 *
 * Only whoever receives the operator's earnings at present may send it.
 * @throws ContractError `NotBeneficiary`
 */
export const setBeneficiary = /* @__PURE__ */ writeAction(setBeneficiaryCall);

/** `setBeneficiary`, then waits until it is mined. */
export const setBeneficiarySync = /* @__PURE__ */ writeSyncAction(setBeneficiaryCall, "OperatorRegistry", [
  "BeneficiarySet",
]);
