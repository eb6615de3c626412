import { randomUUID } from "node:crypto";
import type { RelayChannel } from "../exchange/index.ts";
import type { Channels } from "./channels.ts";
import type { Clock } from "./clock.ts";
import type { Lease, RelayStore } from "./store/relayStore.ts";

/** This process among those of its relay: what shows that it lives, and what finds those that do not. */
export interface Presence {
  /** An id for a transfer that no other process uses. */
  readonly nextTransfer: () => string;
  /**
   * Makes sure that others see this process, and counts the transfers of processes that are gone as served in full:
   * nobody knows what left of them.
   *
   * @throws WeirError `storage-failed`
   */
  readonly look: () => Promise<void>;
}

/** What presence needs from its relay. */
export interface PresenceContext {
  readonly store: RelayStore;
  readonly channels: Channels;
  readonly clock: Clock;
}

/** A process that nobody has seen yet: `look` first. */
export function openPresence({ store, channels, clock }: PresenceContext): Presence {
  const self = randomUUID().slice(0, 8);
  let transfers = 0;
  let lease: Lease | undefined;

  const recover = async (process: string, among: readonly RelayChannel[]): Promise<void> => {
    const isIts = ({ id }: { readonly id: string }): boolean => processOf(id) === process;
    const theirs = among.filter((state) => state.transfers.some(isIts));
    await Promise.all(
      theirs.map(async ({ id }) =>
        channels.step(id, (state) => ({
          type: "recover",
          transfers: state.transfers.filter(isIts).map((transfer) => transfer.id),
          now: clock(),
        })),
      ),
    );
  };

  return {
    nextTransfer: () => `${self}.${String(++transfers)}`,
    async look() {
      if (lease?.held() !== true) lease = await store.lead(rightOf(self));
      const among = (await store.listChannels({ type: "transfers" })).map(({ state }) => state);
      const processes = new Set(among.flatMap((state) => state.transfers.map(({ id }) => processOf(id))));
      processes.delete(self);
      for (const process of processes) {
        // Whoever gets what a living process holds knows that it is gone.
        const gone = await store.lead(rightOf(process));
        if (gone === undefined) continue;
        try {
          await recover(process, among);
        } finally {
          await gone.release();
        }
      }
    },
  };
}

function rightOf(process: string): string {
  return `process ${process}`;
}

function processOf(transfer: string): string {
  return transfer.slice(0, transfer.indexOf("."));
}
