import type { Channel } from "../../core/channel.ts";
import { paymentChannelsDomain } from "../../core/deployment.ts";
import type { Deployment } from "../../core/deployment.ts";
import { isSameAddress } from "../../core/hex.ts";
import type { CompactSignature } from "../../core/signature.ts";
import { WeirError } from "../../core/weirError.ts";
import { signMessage } from "../internal/signMessage.ts";
import type { MessageSigner } from "../internal/signMessage.ts";

/** Options of `signFund`. */
export interface SignFundOptions {
  readonly deployment: Deployment;
  readonly channel: Channel;
  /** The deposit that the channel may be raised to, cumulative, in token base units. The most that it can cost. */
  readonly total: bigint;
  /** Unix seconds; the last moment at which the escrow takes the signature. */
  readonly validUntil: number;
}

/**
 * Signs `Fund`: leave for anyone to raise a channel's deposit to `total` out of the signer's account.
 *
 * @param signer the channel's session key
 * @throws WeirError `wrong-signer` if the channel is another key's, `malformed-message`
 */
export async function signFund(signer: MessageSigner, options: SignFundOptions): Promise<CompactSignature> {
  const { channel, deployment, total, validUntil } = options;
  if (!isSameAddress(signer.address, channel.signer)) {
    throw new WeirError("wrong-signer", undefined, {
      details: `the channel's signer is ${channel.signer}, the key is ${signer.address}`,
    });
  }
  const { gracePeriod, nonce, payee, pricePerGiB } = channel;
  const message = { payee, pricePerGiB, gracePeriod, nonce, total, validUntil };
  return signMessage(signer, paymentChannelsDomain(deployment), "Fund", message);
}
