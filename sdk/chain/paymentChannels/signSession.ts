import { paymentChannelsDomain } from "../../core/deployment.ts";
import type { Deployment } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import type { CompactSignature } from "../../core/signature.ts";
import { signMessage } from "../internal/signMessage.ts";
import type { MessageSigner } from "../internal/signMessage.ts";

/** Options of `signSession`. */
export interface SignSessionOptions {
  readonly deployment: Deployment;
  /** The wallet that owns the account; only it can withdraw. */
  readonly owner: Address;
}

/**
 * Signs `Session`: the session key's word that a wallet owns its account. The first deposit carries it.
 *
 * @param signer the session key
 * @throws WeirError `malformed-message`
 */
export async function signSession(signer: MessageSigner, options: SignSessionOptions): Promise<CompactSignature> {
  const { deployment, owner } = options;
  return signMessage(signer, paymentChannelsDomain(deployment), "Session", { owner });
}
