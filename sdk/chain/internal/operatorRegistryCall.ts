import type { ContractFunctionName } from "viem";
import { operatorRegistryAbi } from "../../abis/operatorRegistry.ts";
import type { Deployment } from "../../core/deployment.ts";
import type { CallOf } from "../contractCall.ts";

/** A call of OperatorRegistry; one function's if it is named. */
export type OperatorRegistryCall<
  Name extends ContractFunctionName<typeof operatorRegistryAbi> = ContractFunctionName<typeof operatorRegistryAbi>,
> = CallOf<typeof operatorRegistryAbi, Name>;

/** Names the contract of a deployment, the function and its arguments. */
export function operatorRegistryCall<Name extends ContractFunctionName<typeof operatorRegistryAbi>>(
  deployment: Deployment,
  functionName: Name,
  args: OperatorRegistryCall<Name>["args"],
): OperatorRegistryCall<Name> {
  return { address: deployment.operatorRegistry.address, abi: operatorRegistryAbi, functionName, args };
}
