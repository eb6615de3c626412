import { getAddress, getContractAddress } from "viem";
import type { Address, Hex } from "viem";
import { getChainId } from "viem/actions";
import {
  deliveryDisputesAbi,
  operatorRegistryAbi,
  paymentChannelsAbi,
  rewardsDistributorAbi,
  stakeManagerAbi,
  weirTestTokenAbi,
} from "../../sdk/abis/index.ts";
import {
  deliveryDisputesBytecode,
  operatorRegistryBytecode,
  paymentChannelsBytecode,
  rewardsDistributorBytecode,
  stakeManagerBytecode,
  weirTestTokenBytecode,
} from "../../sdk/abis/bytecode/index.ts";
import { readDomain, readToken, verifyDeployment } from "../../sdk/chain/index.ts";
import type { ReadClient, TransactionOverrides } from "../../sdk/chain/index.ts";
import type { DeployedContract, Deployment, VerifyingContract } from "../../sdk/core/index.ts";
import { deployContract, nonceOf } from "./deployContract.ts";
import type { ContractCreation, CreatedContract, DeployClient } from "./deployContract.ts";
import { memoryJournal } from "./deploymentJournal.ts";
import type { DeploymentJournal } from "./deploymentJournal.ts";
import { verifyParameters } from "./verifyParameters.ts";
import { defaultParameters } from "./weirParameters.ts";
import type { WeirParameters } from "./weirParameters.ts";

/** Creation code by contract. */
export interface Bytecodes {
  readonly operatorRegistry: Hex;
  readonly paymentChannels: Hex;
  readonly stakeManager: Hex;
  readonly rewardsDistributor: Hex;
  readonly deliveryDisputes: Hex;
  readonly weirTestToken: Hex;
}

/** What `deployWeir` deploys, and how. Parameters that are left out are those of `defaultParameters`. */
export interface DeployWeirOptions extends Partial<WeirParameters> {
  /** The name of the network, as in `deployments/<network>/`. Default `local`. */
  readonly network?: string | undefined;
  /** The ERC-20 to pay in. Default: a new test token, worth nothing, which anyone can mint. */
  readonly token?: Address | undefined;
  /** Decimals of the test token. Default 18. */
  readonly testTokenDecimals?: number | undefined;
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

const committedBytecodes: Bytecodes = {
  operatorRegistry: operatorRegistryBytecode,
  paymentChannels: paymentChannelsBytecode,
  stakeManager: stakeManagerBytecode,
  rewardsDistributor: rewardsDistributorBytecode,
  deliveryDisputes: deliveryDisputesBytecode,
  weirTestToken: weirTestTokenBytecode,
};

/**
 * Deploys all contracts of Weir for a token, checks what stands on the chain against what was meant, and answers the
 * deployment value. Nothing is set afterwards: no owner, no key of the deployer's has any power.
 *
 * The escrow names the rewards distributor that will collect its fees, and the stake manager those who will add rewards and
 * slash, by the addresses that the deployer's next creations get; each of these checks in its constructor that it is the one.
 *
 * @param client its account pays for the gas and signs in this process; it should send nothing else meanwhile
 * @throws WeirError `wrong-contract` or `wrong-token` if the chain shows anything else than what was deployed
 */
export async function deployWeir(client: DeployClient, options: DeployWeirOptions = {}): Promise<Deployment> {
  const { bytecodes = committedBytecodes, confirmations, journal = memoryJournal(), transaction } = options;
  const create = async (creation: ContractCreation): Promise<CreatedContract> => {
    const contract = await deployContract(client, creation, { confirmations, journal, transaction });
    options.onCreated?.(creation.step, contract);
    return contract;
  };

  const tokenAddress = options.token ?? (await create(testToken(bytecodes, options.testTokenDecimals ?? 18))).address;
  const token = await readToken(client, { address: getAddress(tokenAddress) });
  const parameters = chosenParameters(options, token.decimals);
  const registry = await create({
    step: "OperatorRegistry",
    abi: operatorRegistryAbi,
    bytecode: bytecodes.operatorRegistry,
    args: [parameters.disputeWindow],
  });
  const { address: from } = client.account;
  const nonce = BigInt(await nonceOf(client, "PaymentChannels", journal));
  const distributorAddress = getContractAddress({ from, nonce: nonce + 2n });
  const disputesAddress = getContractAddress({ from, nonce: nonce + 3n });
  const escrow = await create({
    step: "PaymentChannels",
    abi: paymentChannelsAbi,
    bytecode: bytecodes.paymentChannels,
    args: [token.address, registry.address, BigInt(parameters.feeBps), distributorAddress],
  });
  const stakes = await create({
    step: "StakeManager",
    abi: stakeManagerAbi,
    bytecode: bytecodes.stakeManager,
    args: [token.address, registry.address, distributorAddress, disputesAddress, parameters],
  });
  const distributor = await create({
    step: "RewardsDistributor",
    abi: rewardsDistributorAbi,
    bytecode: bytecodes.rewardsDistributor,
    args: [escrow.address, stakes.address, BigInt(parameters.rhoBps), parameters.lambda],
  });
  const disputes = await create({
    step: "DeliveryDisputes",
    abi: deliveryDisputesAbi,
    bytecode: bytecodes.deliveryDisputes,
    args: [escrow.address, stakes.address],
  });

  const deployment: Deployment = {
    network: options.network ?? "local",
    chainId: await getChainId(client),
    token,
    paymentChannels: await verifying(client, escrow),
    operatorRegistry: await verifying(client, registry),
    stakeManager: deployed(stakes),
    rewardsDistributor: deployed(distributor),
    deliveryDisputes: deployed(disputes),
    feeBps: parameters.feeBps,
  };
  await verifyDeployment(client, deployment);
  await verifyParameters(client, deployment, parameters);
  return deployment;
}

/** What was chosen, with the defaults for the rest. */
export function chosenParameters(options: Partial<WeirParameters>, tokenDecimals: number): WeirParameters {
  const defaults = defaultParameters(tokenDecimals);
  const choose = <Name extends keyof WeirParameters>(name: Name) => options[name] ?? defaults[name];
  return {
    feeBps: choose("feeBps"),
    disputeWindow: choose("disputeWindow"),
    minSelfStake: choose("minSelfStake"),
    slashAmount: choose("slashAmount"),
    reporterBps: choose("reporterBps"),
    delegationRatio: choose("delegationRatio"),
    epochLength: choose("epochLength"),
    unbondingPeriod: choose("unbondingPeriod"),
    rhoBps: choose("rhoBps"),
    lambda: choose("lambda"),
  };
}

function testToken({ weirTestToken }: Bytecodes, decimals: number): ContractCreation {
  const args = ["Weir Test Token", "WTT", decimals];
  return { step: "WeirTestToken", abi: weirTestTokenAbi, bytecode: weirTestToken, args };
}

async function verifying(client: ReadClient, contract: CreatedContract): Promise<VerifyingContract> {
  const { salt } = await readDomain(client, contract);
  return { ...deployed(contract), salt };
}

function deployed({ address, blockNumber }: CreatedContract): DeployedContract {
  return { address: getAddress(address), deployedAt: Number(blockNumber) };
}
