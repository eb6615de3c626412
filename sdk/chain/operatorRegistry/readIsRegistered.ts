import type { Deployment } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import { operatorRegistryCall } from "../internal/operatorRegistryCall.ts";
import type { OperatorRegistryCall } from "../internal/operatorRegistryCall.ts";
import { readAction } from "../internal/readAction.ts";

/** Options of `readIsRegistered`. */
export interface ReadIsRegisteredOptions {
  readonly deployment: Deployment;
  readonly operator: Address;
}

/** The call of `readIsRegistered`. */
export function readIsRegisteredCall({
  deployment,
  operator,
}: ReadIsRegisteredOptions): OperatorRegistryCall<"isRegistered"> {
  return operatorRegistryCall(deployment, "isRegistered", [operator]);
}

/**
 * Whether an operator is in the list.
 */
export const readIsRegistered = /* @__PURE__ */ readAction(readIsRegisteredCall);
