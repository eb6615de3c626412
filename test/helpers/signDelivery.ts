import { hashMessage } from "../../sdk/core/index.ts";
import type { SessionSigner, SignedDelivery, WeirDomain, WeirMessage } from "../../sdk/core/index.ts";

/** What a relay does with its agent's key, whether it is true or not. */
export async function signDelivery(
  domain: WeirDomain,
  agent: SessionSigner,
  delivery: WeirMessage<"Delivery">,
): Promise<SignedDelivery> {
  return { delivery, signature: await agent.signDigest(hashMessage(domain, "Delivery", delivery)) };
}
