// Written by scripts/abis.ts from the compiled contracts. Do not edit.
export { operatorRegistryAbi } from "./operatorRegistry.ts";
export { paymentChannelsAbi } from "./paymentChannels.ts";
export { weirTestTokenAbi } from "./weirTestToken.ts";
