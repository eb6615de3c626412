import type { Deployment } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import type { SettleRow } from "../../core/receipt.ts";
import { paymentChannelsCall } from "../internal/paymentChannelsCall.ts";
import type { PaymentChannelsCall } from "../internal/paymentChannelsCall.ts";
import { writeAction } from "../internal/writeAction.ts";
import { writeSyncAction } from "../internal/writeSyncAction.ts";

/** Options of `settle`. */
export interface SettleOptions {
  readonly deployment: Deployment;
  /** The payee of every row; it is credited. */
  readonly payee: Address;
  /** The receipts; see `toSettleRow`. */
  readonly rows: readonly SettleRow[];
}

/** The call of `settle`, for a multicall, a simulation or a wallet that sends several calls at once. */
export function settleCall(options: SettleOptions): PaymentChannelsCall<"settle"> {
  const { deployment, payee, rows } = options;
  return paymentChannelsCall(deployment, "settle", [payee, rows]);
}

/**
 * Turns receipts of any number of a payee's channels into earnings. A row that cannot be paid is skipped with an event
 * and never reverts the batch; what a deposit does not cover stays collectable.
 *
 * Anyone may send it.
 * @example
 * const { events } = await settleSync(agent, { deployment, payee, rows: [toSettleRow(receipt, signature)] });
 */
export const settle = /* @__PURE__ */ writeAction(settleCall);

/** `settle`, then waits until it is mined. */
export const settleSync = /* @__PURE__ */ writeSyncAction(settleCall, "PaymentChannels", ["Settled", "SettleSkipped"]);
