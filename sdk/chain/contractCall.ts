import type { Abi, AbiStateMutability, ContractFunctionArgs, ContractFunctionName } from "viem";
import { encodeFunctionData } from "viem/utils";
import type { Address, Hex } from "../core/hex.ts";
import { WeirError } from "../core/weirError.ts";

/**
 * One call of a contract, as data. viem's `simulateContract`, `estimateContractGas`, `multicall`, `sendCalls` and
 * `encodeFunctionData` take it as it is.
 */
export interface ContractCall<ContractAbi extends Abi = Abi, Name extends string = string, Args = readonly unknown[]> {
  readonly address: Address;
  readonly abi: ContractAbi;
  readonly functionName: Name;
  readonly args: Args;
}

/** The call of one function of an ABI, with exactly the arguments it takes. */
export type CallOf<ContractAbi extends Abi, Name extends ContractFunctionName<ContractAbi>> = ContractCall<
  ContractAbi,
  Name,
  ContractFunctionArgs<ContractAbi, AbiStateMutability, Name>
>;

/**
 * The calldata of a call.
 *
 * @throws WeirError `malformed-message` if an argument does not fit its type
 */
export function encodeCall(call: ContractCall): Hex {
  const { abi, functionName, args } = call;
  try {
    return encodeFunctionData({ abi, functionName, args });
  } catch (cause) {
    throw new WeirError("malformed-message", `the arguments do not fit ${functionName}`, { cause });
  }
}
