import { erc20Abi } from "viem";
import type { TransactionReceipt } from "viem";
import type { Deployment } from "../../core/deployment.ts";
import type { WriteClient } from "../clients.ts";
import type { CallOf } from "../contractCall.ts";
import { send, waitFor } from "../internal/send.ts";
import { writeAction } from "../internal/writeAction.ts";
import type { TransactionOverrides, WaitOptions } from "../transactionOptions.ts";

/** A contract of a deployment that takes tokens from wallets. */
export type TokenSpender = "paymentChannels" | "stakeManager";

/** Options of `approve`. */
export interface ApproveOptions {
  readonly deployment: Deployment;
  /** Who may take the tokens. Default: the escrow. */
  readonly spender?: TokenSpender | undefined;
  /** Token base units that it may take from the sender; it replaces what was approved before. */
  readonly amount: bigint;
}

/** The call of `approve`, for a simulation or a wallet that sends several calls at once. */
export function approveCall(options: ApproveOptions): CallOf<typeof erc20Abi, "approve"> {
  const { amount, deployment, spender = "paymentChannels" } = options;
  const args = [deployment[spender].address, amount] as const;
  return { address: deployment.token.address, abi: erc20Abi, functionName: "approve", args };
}

/**
 * Lets the escrow take tokens from the sender, for `deposit`, or the stake manager, for `stake` and `delegate`. Approve what
 * you pay in and no more. Deposits of tokens with permits (`depositWithPermit`) or authorizations
 * (`depositWithAuthorization`) do without.
 *
 * @throws ContractError an error of the token
 * @example
 * await approveSync(wallet, { deployment, spender: "stakeManager", amount });
 */
export const approve = /* @__PURE__ */ writeAction(approveCall);

/** `approve`, then waits until it is mined. */
export async function approveSync(
  client: WriteClient,
  options: ApproveOptions & TransactionOverrides & WaitOptions,
): Promise<{ readonly receipt: TransactionReceipt }> {
  const call = approveCall(options);
  const hash = await send(client, options.deployment, call, options);
  options.onHash?.(hash);
  return { receipt: await waitFor(client, hash, call, options) };
}
