import type { ContractFunctionName } from "viem";
import { stakeManagerAbi } from "../../abis/stakeManager.ts";
import type { Deployment } from "../../core/deployment.ts";
import type { CallOf } from "../contractCall.ts";

/** A call of StakeManager; one function's if it is named. */
export type StakeManagerCall<
  Name extends ContractFunctionName<typeof stakeManagerAbi> = ContractFunctionName<typeof stakeManagerAbi>,
> = CallOf<typeof stakeManagerAbi, Name>;

/** Names the contract of a deployment, the function and its arguments. */
export function stakeManagerCall<Name extends ContractFunctionName<typeof stakeManagerAbi>>(
  deployment: Deployment,
  functionName: Name,
  args: StakeManagerCall<Name>["args"],
): StakeManagerCall<Name> {
  return { address: deployment.stakeManager.address, abi: stakeManagerAbi, functionName, args };
}
