import type { Hex } from "../core/index.ts";
import type { CollectionEnv } from "./appraise.ts";
import { appraise, byUrgency, priceGas } from "./appraise.ts";
import { composeSettlement } from "./planCollection.ts";
import type { Collection } from "./planCollection.ts";
import type { RelayChannel } from "./relayChannel.ts";

/** What somebody wants collected now. */
export interface CollectionOrder {
  /** `close`: settle a channel and close it. `settle` without a channel: all that bring more than their own rows cost. */
  readonly type: "settle" | "close";
  /** That channel, whatever it costs. */
  readonly channel?: Hex;
}

/** What orders come to. */
export interface OrderPlan<Order extends CollectionOrder> {
  /** The transaction to send; absent if there is nothing to do. */
  readonly collection: Collection | undefined;
  /** Orders that are carried out by it, and those about which there is nothing to do. */
  readonly done: readonly Order[];
}

/**
 * The transaction that carries out orders, whether it pays or not. What is more than one transaction takes is left for the
 * next: those orders are not done.
 *
 * @param channels those that orders name, and all that something could be collected from
 */
export function planOrders<Order extends CollectionOrder>(
  channels: Iterable<RelayChannel>,
  orders: readonly Order[],
  env: CollectionEnv,
): OrderPlan<Order> {
  const prices = priceGas(env.costs);
  const named = (type: CollectionOrder["type"]): ReadonlySet<Hex | undefined> =>
    new Set(orders.filter((order) => order.type === type).map(({ channel }) => channel));
  const [toSettle, toClose] = [named("settle"), named("close")];
  const wanted = appraise(channels, prices, env).filter(
    ({ state: { id }, net, value }) =>
      toClose.has(id) || (toSettle.has(id) && value > 0n) || (toSettle.has(undefined) && net > prices.settle),
  );
  const rows = wanted.sort(byUrgency).slice(0, env.policy.maxRows);
  const left = new Set(wanted.slice(rows.length).map(({ state }) => state.id));
  return {
    collection:
      rows.length === 0 ? undefined : composeSettlement("order", rows, prices, ({ state }) => toClose.has(state.id)),
    done: orders.filter(({ channel }) => (channel === undefined ? left.size === 0 : !left.has(channel))),
  };
}
