import type { Deployment } from "../../core/deployment.ts";
import type { Hex } from "../../core/hex.ts";
import { deliveryDisputesCall } from "../internal/deliveryDisputesCall.ts";
import type { DeliveryDisputesCall } from "../internal/deliveryDisputesCall.ts";
import { readAction } from "../internal/readAction.ts";

/** Options of `readCommittedAt`. */
export interface ReadCommittedAtOptions {
  readonly deployment: Deployment;
  readonly commitment: Hex;
}

/** The call of `readCommittedAt`. */
export function readCommittedAtCall({
  deployment,
  commitment,
}: ReadCommittedAtOptions): DeliveryDisputesCall<"committedAt"> {
  return deliveryDisputesCall(deployment, "committedAt", [commitment]);
}

/**
 * When a commitment was first sent, in Unix seconds; undefined for never.
 */
export const readCommittedAt = /* @__PURE__ */ readAction(readCommittedAtCall, (timestamp): bigint | undefined =>
  timestamp === 0n ? undefined : timestamp,
);
