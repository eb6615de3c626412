import { operatorRegistryDomain } from "../../core/deployment.ts";
import type { Deployment } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import type { CompactSignature } from "../../core/signature.ts";
import { signMessage } from "../internal/signMessage.ts";
import type { MessageSigner } from "../internal/signMessage.ts";

/** Options of `signAgent`. */
export interface SignAgentOptions {
  readonly deployment: Deployment;
  /** The operator that the agent will work for, and for no other ever. */
  readonly operator: Address;
}

/**
 * Signs `Agent`: a hot key's consent to work for an operator, for `register` and `setAgent`.
 *
 * @param signer the agent's key
 * @throws WeirError `malformed-message`
 */
export async function signAgent(signer: MessageSigner, options: SignAgentOptions): Promise<CompactSignature> {
  const { deployment, operator } = options;
  return signMessage(signer, operatorRegistryDomain(deployment), "Agent", { operator });
}
