import type { Hex } from "../../core/index.ts";
import { planCollection, planOrders } from "../../exchange/index.ts";
import type { Collection, CollectionEnv, RelayChannel } from "../../exchange/index.ts";
import type { Order } from "../store/relayRecords.ts";
import type { RoundContext } from "./collector.ts";
import type { ChainBlock } from "./relayChain.ts";

/** What a round does. */
export interface RoundPlan {
  /** The transaction to send; absent if none is due, or gas is too dear. */
  readonly collection: Collection | undefined;
  /** Orders that are carried out with it. */
  readonly orders: readonly Order[];
}

/** How a plan is made of channels. */
type Planner = (states: readonly RelayChannel[]) => RoundPlan;

/**
 * What is due, decided on states that were read from the chain just now. Orders come first; what nobody asked for is due
 * when it pays.
 *
 * @param mayWait whether only orders are looked at
 * @param maxRows channels in one transaction
 */
export async function planRound(
  context: RoundContext,
  head: ChainBlock,
  { maxRows, mayWait }: { readonly maxRows: number; readonly mayWait: boolean },
): Promise<RoundPlan> {
  const { store, collect, policy, clock, alarm, gasLimit } = context;
  const orders = await store.orders();
  const candidates = await candidatesOf(context, orders);
  const nothing: RoundPlan = { collection: undefined, orders: [] };
  if (candidates.length === 0) return { ...nothing, orders };

  const gasPrice = await collect.wallet.gasPrice();
  const env: CollectionEnv = {
    relay: policy,
    policy: { ...collect.policy, maxRows },
    costs: { ...collect.costs, gasPrice },
    now: clock(),
    chainTime: head.time,
  };
  const plan: Planner = (states) => {
    const ordered = planOrders(states, orders, env);
    if (ordered.collection !== undefined) return { collection: ordered.collection, orders: ordered.done };
    return { collection: mayWait ? undefined : planCollection(states, env), orders: ordered.done };
  };
  const draft = plan(candidates);
  if (draft.collection === undefined) {
    alarm.sound(candidates, "cost", head.time);
    return draft;
  }
  if (!gasLimit.allows(gasPrice)) {
    alarm.sound(candidates, "gas-limit", head.time);
    return nothing;
  }
  const planned = channelsOf(draft.collection);
  alarm.sound(
    candidates.filter(({ id }) => !planned.has(id)),
    "cost",
    head.time,
  );
  const { collection } = plan(await readAgain(context, planned, head));
  // Whether an order is done depends on all channels, not on those of this transaction.
  return { collection, orders: draft.orders };
}

/** Every channel that a plan touches, once. */
export function channelsOf({ fund, settle, close }: Collection): ReadonlySet<Hex> {
  return new Set([...settle, ...fund, ...close.map(({ state }) => state)].map(({ id }) => id));
}

/** Channels that something could be collected from, and those that orders name. */
async function candidatesOf({ store, channels }: RoundContext, orders: readonly Order[]): Promise<RelayChannel[]> {
  const candidates = new Map<Hex, RelayChannel>();
  for (const { state } of await store.listChannels({ type: "collectable" })) candidates.set(state.id, state);
  for (const { channel } of orders) {
    if (channel === undefined || candidates.has(channel)) continue;
    const state = await channels.read(channel);
    if (state !== undefined) candidates.set(channel, state);
  }
  return [...candidates.values()];
}

async function readAgain(
  { watcher, channels }: RoundContext,
  ids: Iterable<Hex>,
  head: ChainBlock,
): Promise<RelayChannel[]> {
  const fresh: RelayChannel[] = [];
  for (const id of ids) {
    await watcher.refresh(id, head.number);
    const state = await channels.read(id);
    if (state !== undefined) fresh.push(state);
  }
  return fresh;
}
