import type { Deployment } from "../../core/deployment.ts";
import type { Channel } from "../../core/channel.ts";
import { paymentChannelsCall } from "../internal/paymentChannelsCall.ts";
import type { PaymentChannelsCall } from "../internal/paymentChannelsCall.ts";
import { writeAction } from "../internal/writeAction.ts";
import { writeSyncAction } from "../internal/writeSyncAction.ts";

/** Options of `finalizeClose`. */
export interface FinalizeCloseOptions {
  readonly deployment: Deployment;
  readonly channel: Channel;
}

/** The call of `finalizeClose`, for a multicall, a simulation or a wallet that sends several calls at once. */
export function finalizeCloseCall(options: FinalizeCloseOptions): PaymentChannelsCall<"finalizeClose"> {
  const { deployment, channel } = options;
  return paymentChannelsCall(deployment, "finalizeClose", [channel]);
}

/**
 * Closes a channel after the grace period and returns its unspent deposit to the signer's account.
 *
 * Anyone may send it.
 * @throws ContractError `ChannelUnknown`, `ChannelIsClosed`, `CloseNotRequested` or `GracePeriodNotOver`
 */
export const finalizeClose = /* @__PURE__ */ writeAction(finalizeCloseCall);

/** `finalizeClose`, then waits until it is mined. */
export const finalizeCloseSync = /* @__PURE__ */ writeSyncAction(finalizeCloseCall, "PaymentChannels", ["Closed"]);
