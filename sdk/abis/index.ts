// Written by scripts/abis.ts from the compiled contracts. Do not edit.
export { deliveryDisputesAbi } from "./deliveryDisputes.ts";
export { operatorRegistryAbi } from "./operatorRegistry.ts";
export { paymentChannelsAbi } from "./paymentChannels.ts";
export { rewardsDistributorAbi } from "./rewardsDistributor.ts";
export { stakeManagerAbi } from "./stakeManager.ts";
export { weirTestTokenAbi } from "./weirTestToken.ts";
