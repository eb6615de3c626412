import type { Address, Hex } from "../../core/index.ts";
import type { Channels } from "../channels.ts";
import type { Clock } from "../clock.ts";
import type { Logger } from "../logger.ts";
import type { RelayStore } from "../store/relayStore.ts";
import type { RelayChain } from "./relayChain.ts";

/** What the watcher needs from its relay. */
export interface WatcherContext {
  readonly chain: RelayChain;
  readonly channels: Channels;
  readonly store: RelayStore;
  readonly payee: Address;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Follows the chain. */
export interface Watcher {
  /** Reads every block since the last look, and tells the channels that something happened to. */
  readonly look: () => Promise<void>;
  /** Reads one channel again. */
  readonly refresh: (id: Hex) => Promise<void>;
}

/** Under which name the last block that was read is remembered. */
const MARK = "watched block";

/** Follows the chain by asking for logs; no subscription, so any endpoint will do. A look that fails is made again. */
export function openWatcher({ chain, channels, store, payee, clock, logger }: WatcherContext): Watcher {
  const refresh = async (id: Hex): Promise<void> => {
    const known = await channels.read(id);
    // Events of channels that were never used here are others' business.
    if (known === undefined) return;
    const view = await chain.view(known.channel);
    const { state } = await channels.step(id, { type: "chain", view, now: clock() });
    if (state.chain.closeRequestedAt !== 0 && known.chain.closeRequestedAt === 0) {
      const until = state.chain.closeRequestedAt + state.channel.gracePeriod;
      logger.warn({ channel: id, until }, "a viewer asked to close its channel: settle before the grace period ends");
    }
  };
  return {
    refresh,
    async look() {
      const head = await chain.head();
      const mark = await store.highest(MARK);
      // A relay that never looked has no channels, so there is nothing to catch up on.
      const from = mark === undefined ? head : Number(mark) + 1;
      if (from > head) return;
      for (const id of await chain.touched(payee, from, head)) await refresh(id);
      await store.raise(MARK, BigInt(head));
    },
  };
}
