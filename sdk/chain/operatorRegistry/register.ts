import type { Deployment } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import { splitSignature } from "../../core/signature.ts";
import type { CompactSignature } from "../../core/signature.ts";
import type { Listing } from "./listing.ts";
import { operatorRegistryCall } from "../internal/operatorRegistryCall.ts";
import type { OperatorRegistryCall } from "../internal/operatorRegistryCall.ts";
import { writeAction } from "../internal/writeAction.ts";
import { writeSyncAction } from "../internal/writeSyncAction.ts";

/** Options of `register`. */
export interface RegisterOptions {
  readonly deployment: Deployment;
  readonly listing: Listing;
  /** Receives the earnings; the zero address for the operator itself. */
  readonly beneficiary: Address;
  /** The hot key. */
  readonly agent: Address;
  /** The agent's `Agent(operator)`; see `signAgent`. */
  readonly signature: CompactSignature;
}

/** The call of `register`, for a multicall, a simulation or a wallet that sends several calls at once. */
export function registerCall(options: RegisterOptions): OperatorRegistryCall<"register"> {
  const { deployment, listing, beneficiary, agent, signature } = options;
  const { r, vs } = splitSignature(signature);
  return operatorRegistryCall(deployment, "register", [listing, beneficiary, agent, r, vs]);
}

/**
 * Enters the sender into the list of operators, with its first agent.
 *
 * Anyone may send it, for itself.
 * @throws ContractError `AlreadyRegistered`, `ZeroPrice`, `EndpointLengthOutOfBounds`, `RegionTooLong`, `MetadataURITooLong`,
 *   `NotBeneficiary`, `AgentTaken` or `InvalidAgentSignature`
 */
export const register = /* @__PURE__ */ writeAction(registerCall);

/** `register`, then waits until it is mined. */
export const registerSync = /* @__PURE__ */ writeSyncAction(registerCall, "OperatorRegistry", [
  "OperatorRegistered",
  "ListingUpdated",
  "BeneficiarySet",
  "AgentSet",
]);
