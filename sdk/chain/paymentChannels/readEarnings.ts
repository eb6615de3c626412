import type { Deployment } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import { paymentChannelsCall } from "../internal/paymentChannelsCall.ts";
import type { PaymentChannelsCall } from "../internal/paymentChannelsCall.ts";
import { readAction } from "../internal/readAction.ts";

/** Options of `readEarnings`. */
export interface ReadEarningsOptions {
  readonly deployment: Deployment;
  readonly payee: Address;
}

/** The call of `readEarnings`. */
export function readEarningsCall({ deployment, payee }: ReadEarningsOptions): PaymentChannelsCall<"earningsOf"> {
  return paymentChannelsCall(deployment, "earningsOf", [payee]);
}

/**
 * What settlements credited to a payee: `balance` for `withdrawEarnings` and `fees` for `distribute`, in token base
 * units, and `provenBytes`, a statistic that anyone can inflate by paying himself.
 */
export const readEarnings = /* @__PURE__ */ readAction(readEarningsCall);
