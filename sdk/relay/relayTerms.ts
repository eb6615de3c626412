import type { Address } from "../core/index.ts";
import type { RelayOffers, RelayTerms } from "../http/index.ts";
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

/** Where closings are asked for (H10), and deposits (H9). */
export const CLOSINGS_PATH = "/weir/closings";
export const DEPOSITS_PATH = "/weir/deposits";

/** What the relay states that it does beside serving. */
export function relayOffers({ deposits }: RelayConfig): RelayOffers {
  return {
    closings: CLOSINGS_PATH,
    ...(deposits === undefined ? {} : { deposits: { path: DEPOSITS_PATH, minAmount: deposits.minAmount } }),
  };
}

function lowerCase(address: Address): Address {
  return address.toLowerCase() as Address;
}
