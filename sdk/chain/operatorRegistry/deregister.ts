import type { Deployment } from "../../core/deployment.ts";
import { operatorRegistryCall } from "../internal/operatorRegistryCall.ts";
import type { OperatorRegistryCall } from "../internal/operatorRegistryCall.ts";
import { writeAction } from "../internal/writeAction.ts";
import { writeSyncAction } from "../internal/writeSyncAction.ts";

/** Options of `deregister`. */
export interface DeregisterOptions {
  readonly deployment: Deployment;
}

/** The call of `deregister`, for a multicall, a simulation or a wallet that sends several calls at once. */
export function deregisterCall(options: DeregisterOptions): OperatorRegistryCall<"deregister"> {
  const { deployment } = options;
  return operatorRegistryCall(deployment, "deregister", []);
}

/**
 * Leaves the list and revokes the agent. The beneficiary stays in force.
 *
 * Only a registered operator may send it, for itself.
 * @throws ContractError `NotRegistered`
 */
export const deregister = /* @__PURE__ */ writeAction(deregisterCall);

/** `deregister`, then waits until it is mined. */
export const deregisterSync = /* @__PURE__ */ writeSyncAction(deregisterCall, "OperatorRegistry", [
  "AgentRevoked",
  "OperatorDeregistered",
]);
