import type { WeirDomain } from "./domain.ts";
import type { Address, Hex } from "./hex.ts";
import { recoverSigner, splitSignature } from "./signature.ts";
import type { CompactSignature, SplitSignature } from "./signature.ts";
import { hashMessage } from "./typedData.ts";
import type { WeirMessage } from "./typedData.ts";

/** A relay's word about one resource of one manifest, with the signature of its agent: what a dispute is made of. */
export interface SignedDelivery {
  readonly delivery: WeirMessage<"Delivery">;
  readonly signature: CompactSignature;
}

/** A signed delivery in one piece, as DeliveryDisputes takes it. */
type FlatDelivery = WeirMessage<"Delivery"> & SplitSignature;

/**
 * The key that signed a delivery, in lower case. Every well-formed signature recovers to some address: whether it is an
 * agent, and of whom, only the registry tells.
 *
 * @param domain of PaymentChannels, or its separator
 * @throws WeirError `malformed-message`, `bad-signature` or `high-s`
 */
export function deliverySigner(domain: WeirDomain | Hex, { delivery, signature }: SignedDelivery): Address {
  return recoverSigner(hashMessage(domain, "Delivery", delivery), signature);
}

/** Puts the message and the two words of its signature side by side. Errors as in `splitSignature`. */
export function flatDelivery({ delivery, signature }: SignedDelivery): FlatDelivery {
  const { channelId, manifestRoot, resource, contentHash, size } = delivery;
  return { channelId, manifestRoot, resource, contentHash, size, ...splitSignature(signature) };
}
