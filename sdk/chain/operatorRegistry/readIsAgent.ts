import type { Deployment } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import { operatorRegistryCall } from "../internal/operatorRegistryCall.ts";
import type { OperatorRegistryCall } from "../internal/operatorRegistryCall.ts";
import { readAction } from "../internal/readAction.ts";

/** Options of `readIsAgent`. */
export interface ReadIsAgentOptions {
  readonly deployment: Deployment;
  readonly operator: Address;
  /** The hot key. */
  readonly agent: Address;
}

/** The call of `readIsAgent`. */
export function readIsAgentCall({ agent, deployment, operator }: ReadIsAgentOptions): OperatorRegistryCall<"isAgent"> {
  return operatorRegistryCall(deployment, "isAgent", [operator, agent]);
}

/** Whether a key signs for an operator at present. */
export const readIsAgent = /* @__PURE__ */ readAction(readIsAgentCall);
