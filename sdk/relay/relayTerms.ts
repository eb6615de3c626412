import type { Address } from "../core/index.ts";
import type { RelayTerms } from "../http/index.ts";
import type { RelayConfig } from "./relayOptions.ts";

/** What the relay states about itself at `/.well-known/weir` (H1). */
export function relayTerms(config: RelayConfig): RelayTerms {
  const { deployment, payee, agentAddress, pricePerGiB, gracePeriod, realm, policy, limits } = config;
  return {
    realm,
    chainId: deployment.chainId,
    token: lowerCase(deployment.token.address),
    paymentChannels: lowerCase(deployment.paymentChannels.address),
    operatorRegistry: lowerCase(deployment.operatorRegistry.address),
    payee,
    agent: lowerCase(agentAddress),
    pricePerGiB,
    gracePeriod,
    credit: policy.baseCredit,
    sessions: "/weir/sessions",
    receipts: "/weir/receipts",
    limits: {
      maxEntries: limits.maxEntries,
      maxBodyBytes: limits.maxBodyBytes,
      tokenSeconds: limits.tokenSeconds,
    },
  };
}

function lowerCase(address: Address): Address {
  return address.toLowerCase() as Address;
}
