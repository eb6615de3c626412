import type { Hex } from "../../core/hex.ts";

/** What is looked at in an error of a node, a wallet or viem. */
export interface RpcFailure {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly data?: unknown;
  readonly message?: unknown;
}

/** The error and everything that caused it, the outermost first. The bound ends a chain that bites its own tail. */
export function causesOf(error: unknown): RpcFailure[] {
  const causes: RpcFailure[] = [];
  let current = error;
  for (let depth = 0; depth < 16 && typeof current === "object" && current !== null; depth++) {
    causes.push(current);
    current = (current as { readonly cause?: unknown }).cause;
  }
  return causes;
}

/** Whether the contract was reached and refused, and the bytes that it gave for a reason, if they arrived. */
export function revertOf(causes: readonly RpcFailure[]): { readonly data: Hex | undefined } | undefined {
  const data = causes.map(revertData).find((found) => found !== undefined);
  return data !== undefined || causes.some(isRevert) ? { data } : undefined;
}

/** What viem calls it, the code that most nodes give it, or what the others say in words. */
function isRevert({ code, message, name }: RpcFailure): boolean {
  if (name === "ExecutionRevertedError" || name === "ContractFunctionRevertedError" || code === 3) return true;
  return typeof message === "string" && message.startsWith("execution reverted");
}

/** Nodes and wallets disagree where the returned bytes go: `data`, `data.data`, `data.originalError.data`, with a prefix. */
function revertData({ data }: RpcFailure): Hex | undefined {
  if (typeof data === "string") return /^(?:Reverted )?(0x(?:[0-9a-fA-F]{2})*)$/.exec(data)?.[1] as Hex | undefined;
  if (typeof data !== "object" || data === null) return undefined;
  const { data: inner, originalError } = data as { readonly data?: unknown; readonly originalError?: unknown };
  return revertData({ data: inner }) ?? revertData({ data: originalError });
}

/** What happened, in one line. */
export function firstLine(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { shortMessage } = error as { readonly shortMessage?: unknown };
  return (typeof shortMessage === "string" ? shortMessage : error.message).split("\n", 1)[0] ?? "";
}
