import { erc20Abi } from "viem";
import type { TransactionReceipt } from "viem";
import type { Deployment } from "../../core/deployment.ts";
import type { WriteClient } from "../clients.ts";
import type { CallOf } from "../contractCall.ts";
import { send, waitFor } from "../internal/send.ts";
import { writeAction } from "../internal/writeAction.ts";
import type { TransactionOverrides, WaitOptions } from "../transactionOptions.ts";

/** Options of `approve`. */
export interface ApproveOptions {
  readonly deployment: Deployment;
  /** Token base units that the escrow may take from the sender; it replaces what was approved before. */
  readonly amount: bigint;
}

/** The call of `approve`, for a simulation or a wallet that sends several calls at once. */
export function approveCall({ amount, deployment }: ApproveOptions): CallOf<typeof erc20Abi, "approve"> {
  const { paymentChannels, token } = deployment;
  return { address: token.address, abi: erc20Abi, functionName: "approve", args: [paymentChannels.address, amount] };
}

/**
 * Lets the escrow take tokens from the sender, for `deposit`. Approve what you deposit and no more. Tokens with permits
 * (`depositWithPermit`) or authorizations (`depositWithAuthorization`) do without.
 *
 * @throws ContractError an error of the token
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
