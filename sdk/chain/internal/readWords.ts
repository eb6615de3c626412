import { encodeWords } from "../../core/abiWords.ts";
import type { WordType } from "../../core/abiWords.ts";
import { bytesToHex, isHex } from "../../core/hex.ts";
import type { Address, Hex } from "../../core/hex.ts";
import { keccak256 } from "../../core/keccak256.ts";
import { WeirError } from "../../core/weirError.ts";
import type { RpcClient } from "../clients.ts";
import { causesOf, firstLine, revertOf } from "./rpcFailure.ts";

/** A view with one argument whose results are words: numbers, addresses, flags. */
export interface WordView<Output extends string = string> {
  readonly name: string;
  readonly input: WordType;
  /** In the order in which they are returned. */
  readonly outputs: readonly Output[];
}

/**
 * Reads a view without its contract's ABI, so that a page loads no ABI to ask one question.
 *
 * @returns every word of the answer as a number
 * @throws WeirError `chain-unavailable`; `wrong-contract` if what is there has no such view
 */
export async function readWords<Output extends string>(
  client: RpcClient,
  to: Address,
  view: WordView<Output>,
  argument: Hex,
): Promise<Readonly<Record<Output, bigint>>> {
  const { input, name, outputs } = view;
  const selector = bytesToHex(keccak256(new TextEncoder().encode(`${name}(${input})`)).subarray(0, 4));
  const words = bytesToHex(encodeWords([{ name: "argument", type: input }], { argument }));
  let answer: unknown;
  try {
    const data: Hex = `${selector}${words.slice(2)}`;
    answer = await client.request({ method: "eth_call", params: [{ to, data }, "latest"] });
  } catch (cause) {
    // A view of ours refuses nothing.
    const code = revertOf(causesOf(cause)) === undefined ? "chain-unavailable" : "wrong-contract";
    throw new WeirError(code, undefined, { details: `${name}: ${firstLine(cause)}`, cause });
  }
  if (!isHex(answer, 32 * outputs.length)) {
    throw new WeirError("wrong-contract", undefined, { details: `${to} does not answer ${name} as it should` });
  }
  const read = outputs.map((output, i) => [output, BigInt(`0x${answer.slice(2 + 64 * i, 66 + 64 * i)}`)] as const);
  return Object.fromEntries(read) as Record<Output, bigint>;
}
