import type { ContractFunctionName } from "viem";
import { rewardsDistributorAbi } from "../../abis/rewardsDistributor.ts";
import type { Deployment } from "../../core/deployment.ts";
import type { CallOf } from "../contractCall.ts";

/** A call of RewardsDistributor; one function's if it is named. */
export type RewardsDistributorCall<
  Name extends ContractFunctionName<typeof rewardsDistributorAbi> = ContractFunctionName<typeof rewardsDistributorAbi>,
> = CallOf<typeof rewardsDistributorAbi, Name>;

/** Names the contract of a deployment, the function and its arguments. */
export function rewardsDistributorCall<Name extends ContractFunctionName<typeof rewardsDistributorAbi>>(
  deployment: Deployment,
  functionName: Name,
  args: RewardsDistributorCall<Name>["args"],
): RewardsDistributorCall<Name> {
  return { address: deployment.rewardsDistributor.address, abi: rewardsDistributorAbi, functionName, args };
}
