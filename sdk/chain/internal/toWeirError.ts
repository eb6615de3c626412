import { decodeErrorResult } from "viem/utils";
import type { Hex } from "../../core/hex.ts";
import { WeirError } from "../../core/weirError.ts";
import type { ContractCall } from "../contractCall.ts";
import { ContractError } from "../contractError.ts";
import type { ContractErrorArgs } from "../contractError.ts";
import { tokenErrorsAbi } from "../token/tokenErrorsAbi.ts";
import { causesOf, firstLine, revertOf } from "./rpcFailure.ts";

/**
 * What viem threw, as a `WeirError`: a `ContractError` if a contract reverted, else the code for a wallet that was told no,
 * a wait that ended too early, or a node that failed.
 *
 * @param call what was called, if anything: its ABI names the contract's errors
 */
export function toWeirError(error: unknown, call?: ContractCall): WeirError {
  if (WeirError.is(error)) return error;
  const causes = causesOf(error);
  const names = causes.map((cause) => cause.name);
  const options = { details: firstLine(error), cause: error };
  if (names.includes("UserRejectedRequestError")) return new WeirError("request-declined", undefined, options);
  if (names.includes("ChainMismatchError")) return new WeirError("wrong-chain", undefined, options);
  const revert = revertOf(causes);
  if (call !== undefined && revert !== undefined) {
    return new ContractError(call.functionName, decodeRevert(call, revert.data), { cause: error });
  }
  if (causes.some(isUndecodable)) return new WeirError("wrong-contract", undefined, options);
  if (names.includes("WaitForTransactionReceiptTimeoutError")) {
    return new WeirError("transaction-pending", undefined, options);
  }
  return new WeirError("chain-unavailable", undefined, options);
}

function decodeRevert(
  { abi }: ContractCall,
  data: Hex | undefined,
): { readonly errorName: string; readonly args: ContractErrorArgs } | undefined {
  if (data === undefined || data === "0x") return undefined;
  try {
    const { abiItem, args, errorName } = decodeErrorResult({ abi: [...abi, ...tokenErrorsAbi], data });
    const inputs = "inputs" in abiItem ? abiItem.inputs : [];
    const values = args as readonly unknown[];
    const named = inputs.map(({ name }, i): readonly [string, unknown] => [name ?? String(i), values[i]]);
    return { errorName, args: Object.fromEntries(named) };
  } catch {
    // An error that neither contract knows comes from a token: its bytes are all there is to tell.
    return { errorName: data.slice(0, 10), args: { data } };
  }
}

/** There is no contract at the address, or one that answers something else than the ABI says. */
function isUndecodable({ name }: { readonly name?: unknown }): boolean {
  return typeof name === "string" && (name.startsWith("AbiDecoding") || name === "PositionOutOfBoundsError");
}
