import { channelId } from "../../core/channel.ts";
import type { Channel } from "../../core/channel.ts";
import type { Deployment } from "../../core/deployment.ts";
import type { Hex } from "../../core/hex.ts";
import { paymentChannelsCall } from "../internal/paymentChannelsCall.ts";
import type { PaymentChannelsCall } from "../internal/paymentChannelsCall.ts";
import { readAction } from "../internal/readAction.ts";

/** Options of `readChannel`. */
export interface ReadChannelOptions {
  readonly deployment: Deployment;
  /** The channel, or its id. */
  readonly channel: Channel | Hex;
}

/** The call of `readChannel`. */
export function readChannelCall({ deployment, channel }: ReadChannelOptions): PaymentChannelsCall<"channel"> {
  return paymentChannelsCall(deployment, "channel", [typeof channel === "string" ? channel : channelId(channel)]);
}

/**
 * The state of a channel, all zero while it was never funded: `deposit`, everything ever reserved in it, in token base
 * units; `settledBytes`; `closeRequestedAt`, Unix seconds, zero while no request is pending; `closed`, for ever. A channel
 * is open if `deposit > 0n && !closed`.
 */
export const readChannel = /* @__PURE__ */ readAction(readChannelCall);
