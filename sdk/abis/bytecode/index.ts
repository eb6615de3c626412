// Written by scripts/abis.ts from the compiled contracts. Do not edit.
export { deliveryDisputesBytecode } from "./deliveryDisputes.ts";
export { operatorRegistryBytecode } from "./operatorRegistry.ts";
export { paymentChannelsBytecode } from "./paymentChannels.ts";
export { rewardsDistributorBytecode } from "./rewardsDistributor.ts";
export { stakeManagerBytecode } from "./stakeManager.ts";
export { weirTestTokenBytecode } from "./weirTestToken.ts";
