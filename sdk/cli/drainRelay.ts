import { setTimeout as sleep } from "node:timers/promises";
import { owed } from "../core/index.ts";
import {
  collectable,
  defaultCollectPolicy,
  defaultRelayPolicy,
  planCollection,
  settlementCost,
} from "../exchange/index.ts";
import type { CollectCosts, RelayChannel } from "../exchange/index.ts";
import type { CollectorWallet, RelayStore } from "../relay/index.ts";

/** What a relay that takes no more requests still holds. Amounts are token base units. */
export interface Unsettled {
  /** Channels with receipts that are not settled. */
  readonly channels: number;
  /** What these are worth, before the fee; a viewer that withdrew its account covers less. */
  readonly value: bigint;
  /** What settling them would cost. */
  readonly cost: bigint;
  /** Transactions whose outcome is not known. */
  readonly pending: number;
}

/** What to watch. */
export interface DrainOptions {
  readonly store: RelayStore;
  readonly wallet: CollectorWallet;
  readonly costs: Omit<CollectCosts, "gasPrice">;
  readonly timeoutMs: number;
}

const LOOK_MS = 250;

/**
 * Waits while a running relay, whose server takes no more requests, collects what pays, and until that is mined. Resolves
 * to what is left.
 *
 * @throws WeirError `chain-unavailable`, `storage-failed`
 */
export async function drainRelay({ costs, store, timeoutMs, wallet }: DrainOptions): Promise<Unsettled> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const states = (await store.listChannels({ type: "collectable" })).map(({ state }) => state);
    const pending = (await store.transactions()).length;
    const present = { ...costs, gasPrice: await wallet.gasPrice() };
    const policies = { relay: defaultRelayPolicy, policy: defaultCollectPolicy };
    const isDue = planCollection(states, { ...policies, costs: present, now: Math.floor(Date.now() / 1_000) });
    if ((pending > 0 || isDue !== undefined) && performance.now() < end) {
      await sleep(LOOK_MS);
      continue;
    }
    const open = states.filter((state) => !state.chain.closed && worth(state) > 0n);
    const unfunded = open.filter((state) => worth(state) > collectable(state)).length;
    return {
      channels: open.length,
      value: open.reduce((sum, state) => sum + worth(state), 0n),
      cost: settlementCost(present, open.length, unfunded),
      pending,
    };
  }
}

/** What a channel's highest receipt is worth beyond what was settled, whether its deposit covers it yet or not. */
function worth({ acknowledged, chain, channel: { pricePerGiB } }: RelayChannel): bigint {
  return owed(acknowledged.deliveredBytes, pricePerGiB) - owed(chain.settledBytes, pricePerGiB);
}
