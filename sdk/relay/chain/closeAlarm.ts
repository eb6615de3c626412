import type { Hex } from "../../core/index.ts";
import { collectable } from "../../exchange/index.ts";
import type { RelayChannel } from "../../exchange/index.ts";
import type { Logger } from "../logger.ts";
import type { RelayListener } from "../relayEvents.ts";
import { closeDeadline, closeUrgency } from "./closeDeadline.ts";
import type { FeeUrgency } from "./fees.ts";

/** What keeps a settlement from being sent. */
export type CloseRisk = "gas-limit" | "cost";

/** Says loudly what is lost unless somebody acts: once when it begins, and again as the deadline comes nearer. */
export interface CloseAlarm {
  /**
   * Looks at channels that are not settled this time.
   *
   * @param time of the chain's newest block
   */
  readonly sound: (left: Iterable<RelayChannel>, why: CloseRisk, time: number) => void;
}

const REASON: Readonly<Record<CloseRisk, string>> = {
  "gas-limit": "gas is above the limit that is set: raise chain.maxGasPrice, or what is not settled in time is lost",
  cost: "settling costs more than it brings: what is not settled in time is lost",
};

/** An alarm that has not sounded yet. */
export function openCloseAlarm({
  logger,
  emit,
}: {
  readonly logger: Logger;
  readonly emit: RelayListener;
}): CloseAlarm {
  const told = new Map<Hex, string>();
  return {
    sound(left, why, time) {
      for (const state of left) {
        const until = closeDeadline(state);
        const value = collectable(state);
        if (until === undefined || value === 0n || state.chain.closed) {
          told.delete(state.id);
          continue;
        }
        const urgency: FeeUrgency = closeUrgency([state], time);
        const sounded = `${why} ${urgency}`;
        if (told.get(state.id) === sounded) continue;
        told.set(state.id, sounded);
        const message = `a viewer closes its channel and it cannot be settled now: ${REASON[why]}`;
        logger[urgency === "none" ? "warn" : "error"]({ channel: state.id, until, value: value.toString() }, message);
        emit({ type: "closeAtRisk", channel: state.id, until, value, why });
      }
    },
  };
}
