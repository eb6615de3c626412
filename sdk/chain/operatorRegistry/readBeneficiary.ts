import type { Deployment } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import { operatorRegistryCall } from "../internal/operatorRegistryCall.ts";
import type { OperatorRegistryCall } from "../internal/operatorRegistryCall.ts";
import { readAction } from "../internal/readAction.ts";

/** Options of `readBeneficiary`. */
export interface ReadBeneficiaryOptions {
  readonly deployment: Deployment;
  readonly operator: Address;
}

/** The call of `readBeneficiary`. */
export function readBeneficiaryCall({
  deployment,
  operator,
}: ReadBeneficiaryOptions): OperatorRegistryCall<"beneficiaryOf"> {
  return operatorRegistryCall(deployment, "beneficiaryOf", [operator]);
}

/**
 * Where an operator's earnings go instead of to itself; the zero address if to itself.
 */
export const readBeneficiary = /* @__PURE__ */ readAction(readBeneficiaryCall);
