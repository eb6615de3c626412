import type { Deployment } from "../../core/deployment.ts";
import type { Channel } from "../../core/channel.ts";
import { paymentChannelsCall } from "../internal/paymentChannelsCall.ts";
import type { PaymentChannelsCall } from "../internal/paymentChannelsCall.ts";
import { writeAction } from "../internal/writeAction.ts";
import { writeSyncAction } from "../internal/writeSyncAction.ts";

/** Options of `requestClose`. */
export interface RequestCloseOptions {
  readonly deployment: Deployment;
  readonly channel: Channel;
}

/** The call of `requestClose`, for a multicall, a simulation or a wallet that sends several calls at once. */
export function requestCloseCall(options: RequestCloseOptions): PaymentChannelsCall<"requestClose"> {
  const { deployment, channel } = options;
  return paymentChannelsCall(deployment, "requestClose", [channel]);
}

/**
 * Asks to close a channel: from its grace period later on anyone may finalize. Receipts can be settled until then.
 *
 * Only the account's owner or its signer may send it.
 * @throws ContractError `NotPayer`, `ChannelUnknown`, `ChannelIsClosed` or `CloseAlreadyRequested` (code `close-pending`)
 */
export const requestClose = /* @__PURE__ */ writeAction(requestCloseCall);

/** `requestClose`, then waits until it is mined. */
export const requestCloseSync = /* @__PURE__ */ writeSyncAction(requestCloseCall, "PaymentChannels", [
  "CloseRequested",
]);
