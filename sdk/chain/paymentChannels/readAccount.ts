import type { Deployment } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import { paymentChannelsCall } from "../internal/paymentChannelsCall.ts";
import type { PaymentChannelsCall } from "../internal/paymentChannelsCall.ts";
import { readAction } from "../internal/readAction.ts";

/** Options of `readAccount`. */
export interface ReadAccountOptions {
  readonly deployment: Deployment;
  /** The session key. */
  readonly signer: Address;
}

/** The call of `readAccount`. */
export function readAccountCall({ deployment, signer }: ReadAccountOptions): PaymentChannelsCall<"account"> {
  return paymentChannelsCall(deployment, "account", [signer]);
}

/**
 * The account behind a session key: `owner`, the zero address while it is not open, and `balance`, what is neither
 * withdrawn nor reserved in a channel, in token base units.
 */
export const readAccount = /* @__PURE__ */ readAction(readAccountCall);
