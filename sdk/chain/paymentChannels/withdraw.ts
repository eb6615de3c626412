import type { Deployment } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import { paymentChannelsCall } from "../internal/paymentChannelsCall.ts";
import type { PaymentChannelsCall } from "../internal/paymentChannelsCall.ts";
import { writeAction } from "../internal/writeAction.ts";
import { writeSyncAction } from "../internal/writeSyncAction.ts";

/** Options of `withdraw`. */
export interface WithdrawOptions {
  readonly deployment: Deployment;
  /** The session key of the account. */
  readonly signer: Address;
  /** Token base units. */
  readonly amount: bigint;
  /** Who receives the tokens. */
  readonly to: Address;
}

/** The call of `withdraw`, for a multicall, a simulation or a wallet that sends several calls at once. */
export function withdrawCall(options: WithdrawOptions): PaymentChannelsCall<"withdraw"> {
  const { deployment, signer, amount, to } = options;
  return paymentChannelsCall(deployment, "withdraw", [signer, amount, to]);
}

/**
 * Pays out of an account's free balance. What is reserved in channels stays there.
 *
 * Only the account's owner may send it.
 * @throws ContractError `NotAccountOwner`, `InsufficientBalance` (code `account-empty`) or `InvalidAddress`
 */
export const withdraw = /* @__PURE__ */ writeAction(withdrawCall);

/** `withdraw`, then waits until it is mined. */
export const withdrawSync = /* @__PURE__ */ writeSyncAction(withdrawCall, "PaymentChannels", ["Withdrawn"]);
