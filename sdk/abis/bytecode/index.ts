// Written by scripts/abis.ts from the compiled contracts. Do not edit.
export { operatorRegistryBytecode } from "./operatorRegistry.ts";
export { paymentChannelsBytecode } from "./paymentChannels.ts";
export { weirTestTokenBytecode } from "./weirTestToken.ts";
