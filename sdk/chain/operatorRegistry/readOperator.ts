import type { Deployment } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import { operatorRegistryCall } from "../internal/operatorRegistryCall.ts";
import type { OperatorRegistryCall } from "../internal/operatorRegistryCall.ts";
import { readAction } from "../internal/readAction.ts";

/** Options of `readOperator`. */
export interface ReadOperatorOptions {
  readonly deployment: Deployment;
  readonly operator: Address;
}

/** The call of `readOperator`. */
export function readOperatorCall({
  deployment,
  operator,
}: ReadOperatorOptions): OperatorRegistryCall<"operatorRecord"> {
  return operatorRegistryCall(deployment, "operatorRecord", [operator]);
}

/**
 * The record of a registered operator.
 *
 * @throws ContractError `NotRegistered`
 */
export const readOperator = /* @__PURE__ */ readAction(readOperatorCall);
