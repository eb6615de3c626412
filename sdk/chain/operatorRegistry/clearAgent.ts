import type { Deployment } from "../../core/deployment.ts";
import { operatorRegistryCall } from "../internal/operatorRegistryCall.ts";
import type { OperatorRegistryCall } from "../internal/operatorRegistryCall.ts";
import { writeAction } from "../internal/writeAction.ts";
import { writeSyncAction } from "../internal/writeSyncAction.ts";

/** Options of `clearAgent`. */
export interface ClearAgentOptions {
  readonly deployment: Deployment;
}

/** The call of `clearAgent`, for a multicall, a simulation or a wallet that sends several calls at once. */
export function clearAgentCall(options: ClearAgentOptions): OperatorRegistryCall<"clearAgent"> {
  const { deployment } = options;
  return operatorRegistryCall(deployment, "clearAgent", []);
}

/**
 * Revokes the sender's agent without a successor, for example because it was stolen.
 *
 * Only a registered operator may send it, for itself.
 * @throws ContractError `NotRegistered` or `NoAgent`
 */
export const clearAgent = /* @__PURE__ */ writeAction(clearAgentCall);

/** `clearAgent`, then waits until it is mined. */
export const clearAgentSync = /* @__PURE__ */ writeSyncAction(clearAgentCall, "OperatorRegistry", ["AgentRevoked"]);
