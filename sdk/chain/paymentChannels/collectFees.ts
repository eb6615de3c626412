import type { Deployment } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import { paymentChannelsCall } from "../internal/paymentChannelsCall.ts";
import type { PaymentChannelsCall } from "../internal/paymentChannelsCall.ts";
import { writeAction } from "../internal/writeAction.ts";
import { writeSyncAction } from "../internal/writeSyncAction.ts";

/** Options of `collectFees`. */
export interface CollectFeesOptions {
  readonly deployment: Deployment;
  readonly payee: Address;
}

/** The call of `collectFees`, for a multicall, a simulation or a wallet that sends several calls at once. */
export function collectFeesCall(options: CollectFeesOptions): PaymentChannelsCall<"collectFees"> {
  const { deployment, payee } = options;
  return paymentChannelsCall(deployment, "collectFees", [payee]);
}

/**
 * Pays the fees that a payee's settlements left behind to the fee collector. With nothing to pay, nothing happens.
 *
 * Only the fee collector may send it.
 * @throws ContractError `NotFeeCollector`, `InexactTransfer`, or an error of the token
 */
export const collectFees = /* @__PURE__ */ writeAction(collectFeesCall);

/** `collectFees`, then waits until it is mined. */
export const collectFeesSync = /* @__PURE__ */ writeSyncAction(collectFeesCall, "PaymentChannels", ["FeesCollected"]);
