import type { Deployment } from "../../core/deployment.ts";
import type { Channel } from "../../core/channel.ts";
import { paymentChannelsCall } from "../internal/paymentChannelsCall.ts";
import type { PaymentChannelsCall } from "../internal/paymentChannelsCall.ts";
import { writeAction } from "../internal/writeAction.ts";
import { writeSyncAction } from "../internal/writeSyncAction.ts";

/** Options of `fund`. */
export interface FundOptions {
  readonly deployment: Deployment;
  readonly channel: Channel;
  /** The deposit to reach, cumulative, in token base units. */
  readonly total: bigint;
}

/** The call of `fund`, for a multicall, a simulation or a wallet that sends several calls at once. */
export function fundCall(options: FundOptions): PaymentChannelsCall<"fund"> {
  const { deployment, channel, total } = options;
  return paymentChannelsCall(deployment, "fund", [channel, total]);
}

/**
 * Raises a channel's deposit to `total` out of the signer's account, opens the channel the first time, and takes a pending
 * request to close back. A total at or below the deposit moves nothing.
 *
 * Only the account's owner or its signer may send it.
 * @throws ContractError `NotPayer`, `InvalidTerms`, `ChannelIsClosed` or `InsufficientBalance` (code `account-empty`)
 */
export const fund = /* @__PURE__ */ writeAction(fundCall);

/** `fund`, then waits until it is mined. */
export const fundSync = /* @__PURE__ */ writeSyncAction(fundCall, "PaymentChannels", ["Funded", "CloseCancelled"]);
