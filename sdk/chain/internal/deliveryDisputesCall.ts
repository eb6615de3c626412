import type { ContractFunctionName } from "viem";
import { deliveryDisputesAbi } from "../../abis/deliveryDisputes.ts";
import type { Deployment } from "../../core/deployment.ts";
import type { CallOf } from "../contractCall.ts";

/** A call of DeliveryDisputes; one function's if it is named. */
export type DeliveryDisputesCall<
  Name extends ContractFunctionName<typeof deliveryDisputesAbi> = ContractFunctionName<typeof deliveryDisputesAbi>,
> = CallOf<typeof deliveryDisputesAbi, Name>;

/** Names the contract of a deployment, the function and its arguments. */
export function deliveryDisputesCall<Name extends ContractFunctionName<typeof deliveryDisputesAbi>>(
  deployment: Deployment,
  functionName: Name,
  args: DeliveryDisputesCall<Name>["args"],
): DeliveryDisputesCall<Name> {
  return { address: deployment.deliveryDisputes.address, abi: deliveryDisputesAbi, functionName, args };
}
