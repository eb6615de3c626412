import type { Deployment } from "../../core/deployment.ts";
import type { Channel } from "../../core/channel.ts";
import { splitSignature } from "../../core/signature.ts";
import type { CompactSignature } from "../../core/signature.ts";
import { paymentChannelsCall } from "../internal/paymentChannelsCall.ts";
import type { PaymentChannelsCall } from "../internal/paymentChannelsCall.ts";
import { writeAction } from "../internal/writeAction.ts";
import { writeSyncAction } from "../internal/writeSyncAction.ts";

/** Options of `closeWithSignature`. */
export interface CloseWithSignatureOptions {
  readonly deployment: Deployment;
  readonly channel: Channel;
  /** The least settled bytes that the payee agreed to close with. */
  readonly minSettledBytes: bigint;
  /** The payee's or agent's `Close`; see `signClose`. */
  readonly signature: CompactSignature;
}

/** The call of `closeWithSignature`, for a multicall, a simulation or a wallet that sends several calls at once. */
export function closeWithSignatureCall(options: CloseWithSignatureOptions): PaymentChannelsCall<"closeWithSignature"> {
  const { deployment, channel, minSettledBytes, signature } = options;
  return paymentChannelsCall(deployment, "closeWithSignature", [channel, minSettledBytes, splitSignature(signature)]);
}

/**
 * `close` with a `Close` of the payee's or its agent's.
 *
 * Anyone may send it.
 * @throws ContractError `BadSignature`, or as `close`
 */
export const closeWithSignature = /* @__PURE__ */ writeAction(closeWithSignatureCall);

/** `closeWithSignature`, then waits until it is mined. */
export const closeWithSignatureSync = /* @__PURE__ */ writeSyncAction(closeWithSignatureCall, "PaymentChannels", [
  "Closed",
]);
