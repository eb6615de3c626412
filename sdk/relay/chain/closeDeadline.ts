import type { RelayChannel } from "../../exchange/index.ts";
import type { FeeUrgency } from "./fees.ts";

/** When a payer that asked to close may end its channel, in seconds since the epoch; absent if it did not ask. */
export function closeDeadline({ chain, channel }: Pick<RelayChannel, "chain" | "channel">): number | undefined {
  return chain.closeRequestedAt === 0 ? undefined : chain.closeRequestedAt + channel.gracePeriod;
}

/**
 * How much a transaction for these channels is in a hurry: some when half of a grace period is over, and all it can be in
 * its last eighth.
 *
 * @param time of the chain's newest block, which is what deadlines are judged by
 */
export function closeUrgency(states: Iterable<Pick<RelayChannel, "chain" | "channel">>, time: number): FeeUrgency {
  let urgency: FeeUrgency = "none";
  for (const state of states) {
    const deadline = closeDeadline(state);
    if (deadline === undefined) continue;
    const { gracePeriod } = state.channel;
    if ((deadline - time) * 8 <= gracePeriod) return "last";
    if ((deadline - time) * 2 <= gracePeriod) urgency = "some";
  }
  return urgency;
}
