import { isSameAddress } from "../../core/hex.ts";
import type { Deployment } from "../../core/deployment.ts";
import { WeirError } from "../../core/weirError.ts";
import { encodeCall } from "../contractCall.ts";
import type { PaymentChannelsEventName } from "../events.ts";
import { paymentChannelsCall } from "../internal/paymentChannelsCall.ts";
import type { PaymentChannelsCall } from "../internal/paymentChannelsCall.ts";
import { writeAction } from "../internal/writeAction.ts";
import { writeSyncAction } from "../internal/writeSyncAction.ts";

/** Options of `multicall`. */
export interface MulticallOptions {
  readonly deployment: Deployment;
  /** Calls of this deployment's escrow, made by the `Call` form of any action. */
  readonly calls: readonly PaymentChannelsCall[];
}

const eventNames = [
  "AccountOpened",
  "Deposited",
  "Withdrawn",
  "Funded",
  "FundSkipped",
  "Settled",
  "SettleSkipped",
  "CloseRequested",
  "CloseCancelled",
  "Closed",
  "EarningsWithdrawn",
  "FeesCollected",
] as const satisfies readonly PaymentChannelsEventName[];

/**
 * The call of `multicall`, for a simulation or a wallet that sends several calls at once.
 *
 * @throws WeirError `wrong-contract` if a call is for another contract, `malformed-message` if its arguments do not fit
 */
export function multicallCall({ calls, deployment }: MulticallOptions): PaymentChannelsCall<"multicall"> {
  const stranger = calls.find(({ address }) => !isSameAddress(address, deployment.paymentChannels.address));
  if (stranger !== undefined) {
    throw new WeirError("wrong-contract", "a call in the multicall is for another contract", {
      details: `${stranger.functionName} at ${stranger.address}`,
    });
  }
  return paymentChannelsCall(deployment, "multicall", [calls.map(encodeCall)]);
}

/**
 * Makes several calls of the escrow in one transaction, one after the other; all of them or none.
 *
 * Anyone may send it; each call sees the sender as its caller.
 * @throws ContractError what the first failing call reverts with
 * @example
 * // Take the viewer's money as far as it was signed for, settle, and close at the total reached.
 * await multicall(agent, {
 *   deployment,
 *   calls: [fundWithSignatureCall(funding), settleCall(batch), closeCall({ deployment, channel, minSettledBytes })],
 * });
 */
export const multicall = /* @__PURE__ */ writeAction(multicallCall);

/** `multicall`, then waits until it is mined. The events are those of all calls, in order. */
export const multicallSync = /* @__PURE__ */ writeSyncAction(multicallCall, "PaymentChannels", eventNames);
