import { operatorRegistryAbi } from "../../abis/operatorRegistry.ts";
import { paymentChannelsAbi } from "../../abis/paymentChannels.ts";
import type { Deployment } from "../../core/deployment.ts";
import type { EventSource } from "./decodeContractEvents.ts";

/** Every contract of a deployment that emits events. */
export function eventSources({ operatorRegistry, paymentChannels }: Deployment): readonly EventSource[] {
  return [
    { contract: "PaymentChannels", address: paymentChannels.address, abi: paymentChannelsAbi },
    { contract: "OperatorRegistry", address: operatorRegistry.address, abi: operatorRegistryAbi },
  ];
}
