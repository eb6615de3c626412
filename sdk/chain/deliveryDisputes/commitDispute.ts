import type { Deployment } from "../../core/deployment.ts";
import type { Hex } from "../../core/hex.ts";
import { deliveryDisputesCall } from "../internal/deliveryDisputesCall.ts";
import type { DeliveryDisputesCall } from "../internal/deliveryDisputesCall.ts";
import { writeAction } from "../internal/writeAction.ts";
import { writeSyncAction } from "../internal/writeSyncAction.ts";

/** Options of `commitDispute`. */
export interface CommitDisputeOptions {
  readonly deployment: Deployment;
  /** From `deliveryCommitment`, with the account that will report. */
  readonly commitment: Hex;
}

/** The call of `commitDispute`, for a simulation or a wallet that sends several calls at once. */
export function commitDisputeCall({ deployment, commitment }: CommitDisputeOptions): DeliveryDisputesCall<"commit"> {
  return deliveryDisputesCall(deployment, "commit", [commitment]);
}

/**
 * Announces a report without showing it, so that nobody gains by copying it from the pool. The report itself follows after the
 * minimum age and before the maximum age of `readDisputeParameters`. Sent again, it does nothing.
 *
 * Anyone may send it: a commitment belongs to the reporter who is named in it.
 * @example
 * const commitment = deliveryCommitment({ reporter: wallet.account.address, salt, deliveries: contradiction.deliveries });
 * await commitDisputeSync(wallet, { deployment, commitment });
 */
export const commitDispute = /* @__PURE__ */ writeAction(commitDisputeCall);

/** `commitDispute`, then waits until it is mined. */
export const commitDisputeSync = /* @__PURE__ */ writeSyncAction(commitDisputeCall, "DeliveryDisputes", ["Committed"]);
