import { setTimeout as sleep } from "node:timers/promises";
import { owed, WeirError } from "../../core/index.ts";
import { collectable, planCollection, settlementCost } from "../../exchange/index.ts";
import type { RelayChannel, RelayPolicy } from "../../exchange/index.ts";
import type { Clock } from "../clock.ts";
import type { CollectConfig } from "../relayOptions.ts";
import type { RelayStore } from "../store/relayStore.ts";
import type { CollectorWallet } from "./collectorWallet.ts";

/** What a relay holds and has not settled. Amounts are token base units. */
export interface Unsettled {
  /** Channels with receipts that are not settled. */
  readonly channels: number;
  /** What these are worth, before the fee; a viewer that withdrew its account covers less. */
  readonly value: bigint;
  /** What settling them would cost now; absent if the chain does not say. */
  readonly cost?: bigint;
  /** Transactions whose outcome is not known. */
  readonly pending: number;
  /** Whether a transaction is due by the relay's own rules; if the chain does not say, whether there is anything to settle. */
  readonly due: boolean;
  /** Whether gas is above the operator's limit, so that what is due waits. */
  readonly gasLimited: boolean;
  /** Why the chain could not be asked. */
  readonly error?: WeirError;
}

/** What the question is asked of. */
export interface UnsettledContext {
  readonly store: RelayStore;
  readonly collect: CollectConfig;
  readonly policy: RelayPolicy;
  readonly clock: Clock;
}

/**
 * Reads what is not settled, and whether the relay is about to.
 *
 * @param patienceMs milliseconds after which a silent node counts as one that cannot be reached
 * @throws WeirError `storage-failed`
 */
export async function readUnsettled(
  { store, collect, policy, clock }: UnsettledContext,
  patienceMs: number,
): Promise<Unsettled> {
  const price = await askPrice(collect.wallet, patienceMs);
  const states = (await store.listChannels({ type: "collectable" })).map(({ state }) => state);
  const pending = await countPending(store);
  const open = states.filter((state) => !state.chain.closed && worth(state) > 0n);
  const held = { channels: open.length, value: open.reduce((sum, state) => sum + worth(state), 0n), pending };
  if ("error" in price) return { ...held, due: open.length > 0, gasLimited: false, ...price };
  const costs = { ...collect.costs, ...price };
  const plan = planCollection(states, { relay: policy, policy: collect.policy, costs, now: clock() });
  const unfunded = open.filter((state) => worth(state) > collectable(state)).length;
  const { maxGasPrice } = collect.fees;
  return {
    ...held,
    cost: settlementCost(costs, open.length, unfunded),
    due: plan !== undefined,
    gasLimited: maxGasPrice !== undefined && price.gasPrice > maxGasPrice,
  };
}

/** A transaction is on its way from when its channels are marked: they are no longer collectable then. */
async function countPending(store: RelayStore): Promise<number> {
  const marked = await store.listChannels({ type: "collecting" });
  const written = (await store.transactions()).filter(({ mined }) => mined === undefined);
  return Math.max(written.length, marked.length > 0 ? 1 : 0);
}

/** The price of gas, or why it is not known. */
async function askPrice(
  wallet: CollectorWallet,
  patienceMs: number,
): Promise<{ readonly gasPrice: bigint } | { readonly error: WeirError }> {
  const done = new AbortController();
  const silent = async (): Promise<never> => {
    await sleep(patienceMs, undefined, { signal: done.signal });
    throw new WeirError("chain-unavailable", "the node does not answer");
  };
  try {
    return { gasPrice: await Promise.race([wallet.gasPrice(), silent()]) };
  } catch (error) {
    if (!WeirError.is(error)) throw error;
    return { error };
  } finally {
    done.abort();
  }
}

/** What a channel's highest receipt is worth beyond what was settled, whether its deposit covers it yet or not. */
function worth({ acknowledged, chain, channel: { pricePerGiB } }: RelayChannel): bigint {
  return owed(acknowledged.deliveredBytes, pricePerGiB) - owed(chain.settledBytes, pricePerGiB);
}
