import { zeroAddress } from "viem";
import type { Deployment } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import { isSameAddress } from "../../core/hex.ts";
import { operatorRegistryCall } from "../internal/operatorRegistryCall.ts";
import type { OperatorRegistryCall } from "../internal/operatorRegistryCall.ts";
import { readAction } from "../internal/readAction.ts";

/** A key's one appointment. */
export interface AgentRecord {
  readonly operator: Address;
  /** Unix seconds; zero while it is in office. */
  readonly revokedAt: bigint;
}

/** Options of `readAgentRecord`. */
export interface ReadAgentRecordOptions {
  readonly deployment: Deployment;
  /** The hot key. */
  readonly agent: Address;
}

/** The call of `readAgentRecord`. */
export function readAgentRecordCall({
  agent,
  deployment,
}: ReadAgentRecordOptions): OperatorRegistryCall<"agentRecord"> {
  return operatorRegistryCall(deployment, "agentRecord", [agent]);
}

/**
 * The one operator that a key was ever an agent of; undefined for a key that never was one.
 */
export const readAgentRecord = /* @__PURE__ */ readAction(
  readAgentRecordCall,
  ([operator, revokedAt]): AgentRecord | undefined =>
    isSameAddress(operator, zeroAddress) ? undefined : { operator, revokedAt },
);
