import type { Deployment, VerifyingContract } from "../core/deployment.ts";
import { isSameAddress } from "../core/hex.ts";
import { WeirError } from "../core/weirError.ts";
import type { ReadClient } from "./clients.ts";
import { assertChainId } from "./internal/chainOf.ts";
import { readParameters } from "./paymentChannels/readParameters.ts";
import { readDomain } from "./readDomain.ts";

/**
 * Checks that a deployment value is what stands on the client's chain: the chain id, both contracts and their EIP-712
 * domains, salts included, the token, the registry and the fee. Call it once before trusting a configuration: signatures
 * and money follow it.
 *
 * It does not check the contracts' code: where the deployment comes from has to be trusted for that.
 *
 * @throws WeirError `wrong-chain`; `wrong-contract` if there is no such contract, its domain or registry is another one or
 * its fee differs; `wrong-token`; `chain-unavailable`
 */
export async function verifyDeployment(client: ReadClient, deployment: Deployment): Promise<void> {
  await assertChainId(client, deployment);
  await Promise.all([
    verifyDomain(client, deployment, deployment.paymentChannels),
    verifyDomain(client, deployment, deployment.operatorRegistry),
  ]);
  const { feeBps, operatorRegistry, token } = await readParameters(client, { deployment });
  if (!isSameAddress(token, deployment.token.address)) {
    throw differs("wrong-token", "token", deployment.token.address, token);
  }
  if (!isSameAddress(operatorRegistry, deployment.operatorRegistry.address)) {
    throw differs("wrong-contract", "operator registry", deployment.operatorRegistry.address, operatorRegistry);
  }
  if (feeBps !== deployment.feeBps) {
    throw differs("wrong-contract", "fee", String(deployment.feeBps), String(feeBps));
  }
}

async function verifyDomain(
  client: ReadClient,
  { chainId }: Deployment,
  { address, salt }: VerifyingContract,
): Promise<void> {
  const domain = await readDomain(client, { address });
  if (domain.chainId !== BigInt(chainId)) {
    throw differs("wrong-contract", "chain id of the domain", String(chainId), String(domain.chainId));
  }
  if (domain.salt !== salt.toLowerCase()) throw differs("wrong-contract", "salt of the domain", salt, domain.salt);
}

function differs(code: "wrong-contract" | "wrong-token", what: string, expected: string, actual: string): WeirError {
  return new WeirError(code, `the ${what} of the escrow is another one than the deployment says`, {
    details: `expected ${expected}, found ${actual}`,
  });
}
