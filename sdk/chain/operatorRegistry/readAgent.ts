import type { Deployment } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import { operatorRegistryCall } from "../internal/operatorRegistryCall.ts";
import type { OperatorRegistryCall } from "../internal/operatorRegistryCall.ts";
import { readAction } from "../internal/readAction.ts";

/** Options of `readAgent`. */
export interface ReadAgentOptions {
  readonly deployment: Deployment;
  readonly operator: Address;
}

/** The call of `readAgent`. */
export function readAgentCall({ deployment, operator }: ReadAgentOptions): OperatorRegistryCall<"agentOf"> {
  return operatorRegistryCall(deployment, "agentOf", [operator]);
}

/**
 * The hot key that signs for an operator at present; the zero address if none does. A payee without one signs itself.
 */
export const readAgent = /* @__PURE__ */ readAction(readAgentCall);
