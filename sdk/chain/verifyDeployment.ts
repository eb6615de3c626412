import type { Deployment, VerifyingContract } from "../core/deployment.ts";
import { isSameAddress } from "../core/hex.ts";
import type { Address } from "../core/hex.ts";
import { WeirError } from "../core/weirError.ts";
import type { ReadClient } from "./clients.ts";
import { isContractError } from "./contractError.ts";
import { readDisputeParameters } from "./deliveryDisputes/readDisputeParameters.ts";
import { assertChainId } from "./internal/chainOf.ts";
import { readParameters } from "./paymentChannels/readParameters.ts";
import { readDomain } from "./readDomain.ts";
import { readRewardsParameters } from "./rewardsDistributor/readRewardsParameters.ts";
import { readStakeParameters } from "./stakeManager/readStakeParameters.ts";

/**
 * Checks that a deployment value is what stands on the client's chain: the chain id, the escrow and the registry with their
 * EIP-712 domains, salts included, the token, the fee, and that all contracts name each other. Call it once before trusting
 * a configuration: signatures and money follow it.
 *
 * It does not check the contracts' code: where the deployment comes from has to be trusted for that.
 *
 * @throws WeirError `wrong-chain`; `wrong-contract` if there is no such contract, its domain is another one, it names
 * another contract or its fee differs; `wrong-token` if the escrow's token differs; `chain-unavailable`
 */
export async function verifyDeployment(client: ReadClient, deployment: Deployment): Promise<void> {
  await assertChainId(client, deployment);
  await Promise.all([
    verifyDomain(client, deployment, deployment.paymentChannels),
    verifyDomain(client, deployment, deployment.operatorRegistry),
  ]);
  await verifyEscrow(client, deployment);
  await Promise.all([
    verifyStakes(client, deployment),
    verifyRewards(client, deployment),
    verifyDisputes(client, deployment),
  ]);
}

/** A contract of a deployment that other contracts name. */
type NamedContract =
  "paymentChannels" | "operatorRegistry" | "stakeManager" | "rewardsDistributor" | "deliveryDisputes";

async function verifyEscrow(client: ReadClient, deployment: Deployment): Promise<void> {
  const { feeBps, feeCollector, operatorRegistry, token } = await readParameters(client, { deployment });
  if (!isSameAddress(token, deployment.token.address)) {
    throw differs("wrong-token", "token of the escrow", deployment.token.address, token);
  }
  verifyNames(deployment, "escrow", { operatorRegistry, rewardsDistributor: feeCollector });
  if (feeBps !== deployment.feeBps) {
    throw differs("wrong-contract", "fee of the escrow", String(deployment.feeBps), String(feeBps));
  }
}

async function verifyStakes(client: ReadClient, deployment: Deployment): Promise<void> {
  const stated = await answer("stake manager", readStakeParameters(client, { deployment }));
  const { deliveryDisputes, operatorRegistry, rewardsDistributor, token } = stated;
  if (!isSameAddress(token, deployment.token.address)) {
    throw differs("wrong-contract", "token of the stake manager", deployment.token.address, token);
  }
  verifyNames(deployment, "stake manager", { operatorRegistry, rewardsDistributor, deliveryDisputes });
}

async function verifyRewards(client: ReadClient, deployment: Deployment): Promise<void> {
  const stated = await answer("rewards distributor", readRewardsParameters(client, { deployment }));
  const { paymentChannels, stakeManager } = stated;
  verifyNames(deployment, "rewards distributor", { paymentChannels, stakeManager });
}

async function verifyDisputes(client: ReadClient, deployment: Deployment): Promise<void> {
  const stated = await answer("delivery disputes", readDisputeParameters(client, { deployment }));
  const { operatorRegistry, paymentChannels, stakeManager } = stated;
  verifyNames(deployment, "delivery disputes", { paymentChannels, operatorRegistry, stakeManager });
}

/** Whether a contract was built for the others of the deployment. */
function verifyNames(
  deployment: Deployment,
  contract: string,
  named: Readonly<Partial<Record<NamedContract, Address>>>,
): void {
  for (const [name, actual] of Object.entries(named) as [NamedContract, Address][]) {
    const expected = deployment[name].address;
    if (!isSameAddress(expected, actual))
      throw differs("wrong-contract", `${name} of the ${contract}`, expected, actual);
  }
}

/** A contract that refuses to state what ours state is another one. */
async function answer<Value>(contract: string, reading: Promise<Value>): Promise<Value> {
  try {
    return await reading;
  } catch (cause) {
    if (!isContractError(cause)) throw cause;
    throw new WeirError("wrong-contract", `the ${contract} does not state its parameters`, { cause });
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
  return new WeirError(code, `the ${what} is another one than the deployment says`, {
    details: `expected ${expected}, found ${actual}`,
  });
}
