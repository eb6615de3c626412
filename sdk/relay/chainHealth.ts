import { WeirError } from "../core/index.ts";
import type { Clock } from "./clock.ts";
import type { RelayListener } from "./relayEvents.ts";

/** Whether the chain can be read, by what its watcher meets. */
export interface ChainHealth {
  /** Does a look at the chain, and notes how it went. Rejects as the look does. */
  readonly during: (look: () => Promise<void>) => Promise<void>;
  /** When a look last went well, in seconds since the epoch; absent before the first. */
  readonly seenAt: () => number | undefined;
}

/** What the health of the chain needs from its relay. */
export interface ChainHealthContext {
  readonly clock: Clock;
  readonly emit: RelayListener;
}

/** Tells when the chain is lost and when it is back: once each, however often it is looked at. */
export function openChainHealth({ clock, emit }: ChainHealthContext): ChainHealth {
  let seenAt: number | undefined;
  let isLost = false;
  return {
    seenAt: () => seenAt,
    async during(look) {
      try {
        await look();
      } catch (error) {
        // A look fails as well when what it saw cannot be stored: no fault of the chain.
        if (!isLost && !WeirError.is(error, "storage-failed")) {
          isLost = true;
          emit({ type: "chainFailed", code: WeirError.is(error) ? error.code : "internal" });
        }
        throw error;
      }
      seenAt = clock();
      if (isLost) emit({ type: "chainRecovered" });
      isLost = false;
    },
  };
}
