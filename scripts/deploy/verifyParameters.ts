import type { Abi } from "viem";
import { readContract } from "viem/actions";
import {
  operatorRegistryAbi,
  paymentChannelsAbi,
  rewardsDistributorAbi,
  stakeManagerAbi,
} from "../../sdk/abis/index.ts";
import type { ReadClient } from "../../sdk/chain/index.ts";
import type { Deployment } from "../../sdk/core/index.ts";
import type { WeirParameters } from "./weirParameters.ts";

interface View {
  readonly contract: "operatorRegistry" | "paymentChannels" | "rewardsDistributor" | "stakeManager";
  readonly abi: Abi;
  readonly functionName: string;
}

const stakeManager = { contract: "stakeManager", abi: stakeManagerAbi } as const;
const rewardsDistributor = { contract: "rewardsDistributor", abi: rewardsDistributorAbi } as const;

/** Where each parameter can be read. */
const views: Readonly<Record<keyof WeirParameters, View>> = {
  feeBps: { contract: "paymentChannels", abi: paymentChannelsAbi, functionName: "FEE_BPS" },
  disputeWindow: { contract: "operatorRegistry", abi: operatorRegistryAbi, functionName: "DISPUTE_WINDOW" },
  minSelfStake: { ...stakeManager, functionName: "MIN_SELF_STAKE" },
  slashAmount: { ...stakeManager, functionName: "SLASH_AMOUNT" },
  reporterBps: { ...stakeManager, functionName: "REPORTER_BPS" },
  delegationRatio: { ...stakeManager, functionName: "DELEGATION_RATIO" },
  epochLength: { ...stakeManager, functionName: "EPOCH_LENGTH" },
  unbondingPeriod: { ...stakeManager, functionName: "UNBONDING_PERIOD" },
  rhoBps: { ...rewardsDistributor, functionName: "RHO_BPS" },
  lambda: { ...rewardsDistributor, functionName: "LAMBDA" },
};

/** The parameters of a deployment, as its contracts state them. */
export async function readWeirParameters(
  client: ReadClient,
  deployment: Deployment,
): Promise<Readonly<Record<keyof WeirParameters, bigint>>> {
  const values = Object.entries(views).map(async ([name, { abi, contract, functionName }]) => {
    const { address } = deployment[contract];
    return [name, BigInt((await readContract(client, { address, abi, functionName })) as bigint | number)] as const;
  });
  return Object.fromEntries(await Promise.all(values)) as Record<keyof WeirParameters, bigint>;
}

/** @throws Error naming the first parameter with which a contract was built that differs */
export async function verifyParameters(
  client: ReadClient,
  deployment: Deployment,
  expected: WeirParameters,
): Promise<void> {
  const actual = await readWeirParameters(client, deployment);
  for (const name of Object.keys(views) as (keyof WeirParameters)[]) {
    if (actual[name] === BigInt(expected[name])) continue;
    throw new Error(`the ${views[name].contract}'s ${name} is ${actual[name]}, not ${expected[name]}`);
  }
}
