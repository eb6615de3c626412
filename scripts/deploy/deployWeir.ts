import { getAddress, isAddressEqual, zeroAddress } from "viem";
import type { Address, Hex } from "viem";
import { getChainId } from "viem/actions";
import { operatorRegistryAbi, paymentChannelsAbi, weirTestTokenAbi } from "../../sdk/abis/index.ts";
import {
  operatorRegistryBytecode,
  paymentChannelsBytecode,
  weirTestTokenBytecode,
} from "../../sdk/abis/bytecode/index.ts";
import {
  readDomain,
  readParameters,
  readRegistryParameters,
  readToken,
  verifyDeployment,
} from "../../sdk/chain/index.ts";
import type { ReadClient, TransactionOverrides } from "../../sdk/chain/index.ts";
import type { DeployedContract, Deployment } from "../../sdk/core/index.ts";
import { deployContract } from "./deployContract.ts";
import type { ContractCreation, CreatedContract, DeployClient } from "./deployContract.ts";
import { memoryJournal } from "./deploymentJournal.ts";
import type { DeploymentJournal } from "./deploymentJournal.ts";

/** Creation code by contract. */
export interface Bytecodes {
  readonly operatorRegistry: Hex;
  readonly paymentChannels: Hex;
  readonly weirTestToken: Hex;
}

/** What `deployWeir` deploys, and how. */
export interface DeployWeirOptions {
  /** The name of the network, as in `deployments/<network>/`. Default `local`. */
  readonly network?: string | undefined;
  /** The ERC-20 to pay in. Default: a new test token, worth nothing, which anyone can mint. */
  readonly token?: Address | undefined;
  /** Decimals of the test token. Default 18. */
  readonly testTokenDecimals?: number | undefined;
  /** The fee on settled amounts in hundredths of a percent, at most 1,000. Default 0. */
  readonly feeBps?: number | undefined;
  /** Who collects the fees. Needed if there is a fee. */
  readonly feeCollector?: Address | undefined;
  /** Seconds for which a revoked agent stays accountable, from one day to 30. Default seven days. */
  readonly disputeWindow?: bigint | undefined;
  /** Default: the committed ones. */
  readonly bytecodes?: Bytecodes | undefined;
  /** For chains without EIP-1559: `{ type: "legacy" }`. */
  readonly transaction?: Omit<TransactionOverrides, "nonce"> | undefined;
  /** Blocks to wait for after each creation. Default 1. */
  readonly confirmations?: number | undefined;
  /** Where to resume from. Default: start anew. */
  readonly journal?: DeploymentJournal | undefined;
  /** Called after each contract. */
  readonly onCreated?: ((step: string, contract: CreatedContract) => void) | undefined;
}

/** Seven days. */
export const DEFAULT_DISPUTE_WINDOW = 604_800n;

const committedBytecodes: Bytecodes = {
  operatorRegistry: operatorRegistryBytecode,
  paymentChannels: paymentChannelsBytecode,
  weirTestToken: weirTestTokenBytecode,
};

/**
 * Deploys the operator registry and the escrow for a token, checks what stands on the chain against what was meant, and
 * answers the deployment value. Nothing is set afterwards: no owner, no key of the deployer's has any power.
 *
 * @param client its account pays for the gas and signs in this process
 * @throws WeirError `wrong-contract` or `wrong-token` if the chain shows anything else than what was deployed
 */
export async function deployWeir(client: DeployClient, options: DeployWeirOptions = {}): Promise<Deployment> {
  const { bytecodes = committedBytecodes, disputeWindow = DEFAULT_DISPUTE_WINDOW, feeBps = 0, onCreated } = options;
  const { confirmations, feeCollector = zeroAddress, journal = memoryJournal(), transaction } = options;
  const create = async (creation: ContractCreation): Promise<CreatedContract> => {
    const contract = await deployContract(client, creation, { confirmations, journal, transaction });
    onCreated?.(creation.step, contract);
    return contract;
  };

  const tokenAddress = options.token ?? (await create(testToken(bytecodes, options.testTokenDecimals ?? 18))).address;
  const registry = await create({
    step: "OperatorRegistry",
    abi: operatorRegistryAbi,
    bytecode: bytecodes.operatorRegistry,
    args: [disputeWindow],
  });
  const escrow = await create({
    step: "PaymentChannels",
    abi: paymentChannelsAbi,
    bytecode: bytecodes.paymentChannels,
    args: [tokenAddress, registry.address, BigInt(feeBps), feeCollector],
  });

  const deployment: Deployment = {
    network: options.network ?? "local",
    chainId: await getChainId(client),
    token: await readToken(client, { address: getAddress(tokenAddress) }),
    paymentChannels: await deployed(client, escrow),
    operatorRegistry: await deployed(client, registry),
    feeBps,
  };
  await verifyDeployment(client, deployment);
  await verifyParameters(client, deployment, { disputeWindow, feeCollector });
  return deployment;
}

/** What a deployment value does not state but a deployer decides. */
export interface DeployedParameters {
  readonly disputeWindow: bigint;
  readonly feeCollector: Address;
}

/** @throws Error if a contract was built with other parameters */
export async function verifyParameters(
  client: ReadClient,
  deployment: Deployment,
  expected: DeployedParameters,
): Promise<void> {
  const { feeCollector } = await readParameters(client, { deployment });
  if (!isAddressEqual(feeCollector, expected.feeCollector)) {
    throw new Error(`the fee collector is ${feeCollector}, not ${expected.feeCollector}`);
  }
  const { disputeWindow } = await readRegistryParameters(client, { deployment });
  if (disputeWindow !== expected.disputeWindow) {
    throw new Error(`the dispute window is ${disputeWindow} seconds, not ${expected.disputeWindow}`);
  }
}

function testToken({ weirTestToken }: Bytecodes, decimals: number): ContractCreation {
  const args = ["Weir Test Token", "WTT", decimals];
  return { step: "WeirTestToken", abi: weirTestTokenAbi, bytecode: weirTestToken, args };
}

async function deployed(client: ReadClient, { address, blockNumber }: CreatedContract): Promise<DeployedContract> {
  const { salt } = await readDomain(client, { address });
  return { address: getAddress(address), salt, deployedAt: Number(blockNumber) };
}
