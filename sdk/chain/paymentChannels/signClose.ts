import { channelId } from "../../core/channel.ts";
import type { Channel } from "../../core/channel.ts";
import { paymentChannelsDomain } from "../../core/deployment.ts";
import type { Deployment } from "../../core/deployment.ts";
import type { CompactSignature } from "../../core/signature.ts";
import { signMessage } from "../internal/signMessage.ts";
import type { MessageSigner } from "../internal/signMessage.ts";

/** Options of `signClose`. */
export interface SignCloseOptions {
  readonly deployment: Deployment;
  readonly channel: Channel;
  /** The least settled bytes to close with: at least what the receipts held are worth. */
  readonly minSettledBytes: bigint;
}

/**
 * Signs `Close`: leave for anyone to close a channel once so many bytes are settled. Deliver nothing more on it.
 *
 * @param signer the payee's key, or its agent's
 * @throws WeirError `malformed-message`
 */
export async function signClose(signer: MessageSigner, options: SignCloseOptions): Promise<CompactSignature> {
  const { channel, deployment, minSettledBytes } = options;
  const message = { channelId: channelId(channel), minSettledBytes };
  return signMessage(signer, paymentChannelsDomain(deployment), "Close", message);
}
