import type { Deployment } from "../../core/deployment.ts";
import type { Channel } from "../../core/channel.ts";
import { splitSignature } from "../../core/signature.ts";
import type { CompactSignature } from "../../core/signature.ts";
import { paymentChannelsCall } from "../internal/paymentChannelsCall.ts";
import type { PaymentChannelsCall } from "../internal/paymentChannelsCall.ts";
import { writeAction } from "../internal/writeAction.ts";
import { writeSyncAction } from "../internal/writeSyncAction.ts";

/** Options of `fundWithSignature`. */
export interface FundWithSignatureOptions {
  readonly deployment: Deployment;
  readonly channel: Channel;
  /** The deposit that the signer agreed to, cumulative, in token base units. */
  readonly total: bigint;
  /** Unix seconds; the last moment of the signature. */
  readonly validUntil: number;
  /** The signer's `Fund`; see `signFund`. */
  readonly signature: CompactSignature;
}

/** The call of `fundWithSignature`, for a multicall, a simulation or a wallet that sends several calls at once. */
export function fundWithSignatureCall(options: FundWithSignatureOptions): PaymentChannelsCall<"fundWithSignature"> {
  const { deployment, channel, total, validUntil, signature } = options;
  return paymentChannelsCall(deployment, "fundWithSignature", [channel, total, validUntil, splitSignature(signature)]);
}

/**
 * Raises a channel's deposit towards `total` with the signer's `Fund`: as far as its account allows.
 * It never reverts for what the signature, the channel or the account are like; see the `FundSkipped` event.
 *
 * Anyone may send it, as often as they like.
 * @throws ContractError only for arguments that do not fit
 */
export const fundWithSignature = /* @__PURE__ */ writeAction(fundWithSignatureCall);

/** `fundWithSignature`, then waits until it is mined. */
export const fundWithSignatureSync = /* @__PURE__ */ writeSyncAction(fundWithSignatureCall, "PaymentChannels", [
  "Funded",
  "FundSkipped",
]);
