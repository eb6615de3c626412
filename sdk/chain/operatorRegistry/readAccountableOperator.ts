import { zeroAddress } from "viem";
import type { Deployment } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import { isSameAddress } from "../../core/hex.ts";
import { operatorRegistryCall } from "../internal/operatorRegistryCall.ts";
import type { OperatorRegistryCall } from "../internal/operatorRegistryCall.ts";
import { readAction } from "../internal/readAction.ts";

/** Options of `readAccountableOperator`. */
export interface ReadAccountableOperatorOptions {
  readonly deployment: Deployment;
  /** The hot key. */
  readonly agent: Address;
}

/** The call of `readAccountableOperator`. */
export function readAccountableOperatorCall({
  agent,
  deployment,
}: ReadAccountableOperatorOptions): OperatorRegistryCall<"accountableOperatorOf"> {
  return operatorRegistryCall(deployment, "accountableOperatorOf", [agent]);
}

/**
 * The operator that answers for what a key signed: while it is in office and for one dispute window after. Undefined if
 * nobody does.
 */
export const readAccountableOperator = /* @__PURE__ */ readAction(
  readAccountableOperatorCall,
  (operator): Address | undefined => (isSameAddress(operator, zeroAddress) ? undefined : operator),
);
