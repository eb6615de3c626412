import type { Deployment } from "../../core/deployment.ts";
import type { Channel } from "../../core/channel.ts";
import { paymentChannelsCall } from "../internal/paymentChannelsCall.ts";
import type { PaymentChannelsCall } from "../internal/paymentChannelsCall.ts";
import { writeAction } from "../internal/writeAction.ts";
import { writeSyncAction } from "../internal/writeSyncAction.ts";

/** Options of `close`. */
export interface CloseOptions {
  readonly deployment: Deployment;
  readonly channel: Channel;
  /** The least settled bytes to close with. */
  readonly minSettledBytes: bigint;
}

/** The call of `close`, for a multicall, a simulation or a wallet that sends several calls at once. */
export function closeCall(options: CloseOptions): PaymentChannelsCall<"close"> {
  const { deployment, channel, minSettledBytes } = options;
  return paymentChannelsCall(deployment, "close", [channel, minSettledBytes]);
}

/**
 * Closes a channel for ever and returns its unspent deposit to the signer's account. Receipts above the settled bytes are
 * worth nothing afterwards: settle them first, in one `multicall`, and name the total reached.
 *
 * Only the payee or its agent may send it.
 * @throws ContractError `NotPayee`, `ChannelUnknown`, `ChannelIsClosed` or `SettledBytesTooLow`
 */
export const close = /* @__PURE__ */ writeAction(closeCall);

/** `close`, then waits until it is mined. */
export const closeSync = /* @__PURE__ */ writeSyncAction(closeCall, "PaymentChannels", ["Closed"]);
