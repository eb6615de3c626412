import type { Deployment } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import { paymentChannelsCall } from "../internal/paymentChannelsCall.ts";
import type { PaymentChannelsCall } from "../internal/paymentChannelsCall.ts";
import { writeAction } from "../internal/writeAction.ts";
import { writeSyncAction } from "../internal/writeSyncAction.ts";

/** Options of `withdrawEarnings`. */
export interface WithdrawEarningsOptions {
  readonly deployment: Deployment;
  readonly payee: Address;
}

/** The call of `withdrawEarnings`, for a multicall, a simulation or a wallet that sends several calls at once. */
export function withdrawEarningsCall(options: WithdrawEarningsOptions): PaymentChannelsCall<"withdrawEarnings"> {
  const { deployment, payee } = options;
  return paymentChannelsCall(deployment, "withdrawEarnings", [payee]);
}

/**
 * Pays all of a payee's earnings to the beneficiary it registered, else to the payee. With nothing to pay, nothing happens.
 *
 * Anyone may send it.
 * @throws ContractError `InexactTransfer`, or an error of the token
 */
export const withdrawEarnings = /* @__PURE__ */ writeAction(withdrawEarningsCall);

/** `withdrawEarnings`, then waits until it is mined. */
export const withdrawEarningsSync = /* @__PURE__ */ writeSyncAction(withdrawEarningsCall, "PaymentChannels", [
  "EarningsWithdrawn",
]);
