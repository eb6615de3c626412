import type { Deployment } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import { operatorRegistryCall } from "../internal/operatorRegistryCall.ts";
import type { OperatorRegistryCall } from "../internal/operatorRegistryCall.ts";
import { readAction } from "../internal/readAction.ts";

/** A beneficiary that is not in force yet. */
export interface PendingBeneficiary {
  /** The zero address: the operator itself. */
  readonly beneficiary: Address;
  /** Unix seconds. */
  readonly effectiveAt: bigint;
}

/** Options of `readPendingBeneficiary`. */
export interface ReadPendingBeneficiaryOptions {
  readonly deployment: Deployment;
  readonly operator: Address;
}

/** The call of `readPendingBeneficiary`. */
export function readPendingBeneficiaryCall({
  deployment,
  operator,
}: ReadPendingBeneficiaryOptions): OperatorRegistryCall<"pendingBeneficiaryOf"> {
  return operatorRegistryCall(deployment, "pendingBeneficiaryOf", [operator]);
}

/**
 * The proposal to send an operator's earnings elsewhere; undefined if none is pending.
 */
export const readPendingBeneficiary = /* @__PURE__ */ readAction(
  readPendingBeneficiaryCall,
  ([beneficiary, effectiveAt]): PendingBeneficiary | undefined =>
    effectiveAt === 0n ? undefined : { beneficiary, effectiveAt },
);
