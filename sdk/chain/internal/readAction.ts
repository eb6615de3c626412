import type { Abi, AbiStateMutability, BlockTag, ContractFunctionName, ContractFunctionReturnType } from "viem";
import { readContract } from "viem/actions";
import type { Deployment } from "../../core/deployment.ts";
import type { ReadClient } from "../clients.ts";
import type { CallOf, ContractCall } from "../contractCall.ts";
import { toWeirError } from "./toWeirError.ts";

/** The block whose state is read. Default: the latest. */
export interface ReadAt {
  readonly blockNumber?: bigint | undefined;
  readonly blockTag?: BlockTag | undefined;
}

/** An action that reads from a contract. */
export type ReadAction<Options, Result> = (client: ReadClient, options: Options & ReadAt) => Promise<Result>;

/** What every read of a deployment needs. */
export interface DeploymentOptions {
  readonly deployment: Deployment;
}

/** The reading form of a view. */
export function readAction<
  Options,
  ContractAbi extends Abi,
  Name extends ContractFunctionName<ContractAbi>,
  Result = ContractFunctionReturnType<ContractAbi, AbiStateMutability, Name>,
>(
  toCall: (options: Options) => CallOf<ContractAbi, Name>,
  toResult?: (output: ContractFunctionReturnType<ContractAbi, AbiStateMutability, Name>) => Result,
): ReadAction<Options, Result> {
  return async (client, options) => {
    const output = await read(client, toCall(options) as ContractCall, options);
    return toResult === undefined ? (output as Result) : toResult(output as Parameters<typeof toResult>[0]);
  };
}

/** One read of any contract, with errors as the SDK states them. */
export async function read(client: ReadClient, call: ContractCall, at: ReadAt = {}): Promise<unknown> {
  const { blockNumber, blockTag } = at;
  try {
    return await readContract(client, { ...call, ...(blockNumber === undefined ? { blockTag } : { blockNumber }) });
  } catch (error) {
    throw toWeirError(error, call);
  }
}
