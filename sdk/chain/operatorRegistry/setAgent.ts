import type { Deployment } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import { splitSignature } from "../../core/signature.ts";
import type { CompactSignature } from "../../core/signature.ts";
import { operatorRegistryCall } from "../internal/operatorRegistryCall.ts";
import type { OperatorRegistryCall } from "../internal/operatorRegistryCall.ts";
import { writeAction } from "../internal/writeAction.ts";
import { writeSyncAction } from "../internal/writeSyncAction.ts";

/** Options of `setAgent`. */
export interface SetAgentOptions {
  readonly deployment: Deployment;
  /** The hot key. */
  readonly agent: Address;
  /** Its `Agent(operator)`; see `signAgent`. */
  readonly signature: CompactSignature;
}

/** The call of `setAgent`, for a multicall, a simulation or a wallet that sends several calls at once. */
export function setAgentCall(options: SetAgentOptions): OperatorRegistryCall<"setAgent"> {
  const { deployment, agent, signature } = options;
  const { r, vs } = splitSignature(signature);
  return operatorRegistryCall(deployment, "setAgent", [agent, r, vs]);
}

/**
 * Appoints an agent, which consents by signature, and revokes the one before. A key is appointed at most once, ever.
 *
 * Only a registered operator may send it, for itself.
 * @throws ContractError `NotRegistered`, `AgentTaken` or `InvalidAgentSignature`
 */
export const setAgent = /* @__PURE__ */ writeAction(setAgentCall);

/** `setAgent`, then waits until it is mined. */
export const setAgentSync = /* @__PURE__ */ writeSyncAction(setAgentCall, "OperatorRegistry", [
  "AgentRevoked",
  "AgentSet",
]);
