import { deliveryDisputesAbi } from "../../abis/deliveryDisputes.ts";
import { operatorRegistryAbi } from "../../abis/operatorRegistry.ts";
import { paymentChannelsAbi } from "../../abis/paymentChannels.ts";
import { rewardsDistributorAbi } from "../../abis/rewardsDistributor.ts";
import { stakeManagerAbi } from "../../abis/stakeManager.ts";
import type { Deployment } from "../../core/deployment.ts";
import type { EventSource } from "./decodeContractEvents.ts";

/** The escrow as a source of events. */
export function paymentChannelsEvents({ paymentChannels }: Deployment): EventSource {
  return { contract: "PaymentChannels", address: paymentChannels.address, abi: paymentChannelsAbi };
}

/** The stake manager as a source of events. */
export function stakeManagerEvents({ stakeManager }: Deployment): EventSource {
  return { contract: "StakeManager", address: stakeManager.address, abi: stakeManagerAbi };
}

/** Every contract of a deployment that emits events. */
export function eventSources(deployment: Deployment): readonly EventSource[] {
  const { deliveryDisputes, operatorRegistry, rewardsDistributor } = deployment;
  return [
    paymentChannelsEvents(deployment),
    { contract: "OperatorRegistry", address: operatorRegistry.address, abi: operatorRegistryAbi },
    stakeManagerEvents(deployment),
    { contract: "RewardsDistributor", address: rewardsDistributor.address, abi: rewardsDistributorAbi },
    { contract: "DeliveryDisputes", address: deliveryDisputes.address, abi: deliveryDisputesAbi },
  ];
}
