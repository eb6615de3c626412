import { appraise, priceGas } from "./appraise.ts";
import type { CollectionEnv } from "./appraise.ts";
import { planCollection } from "./planCollection.ts";
import type { Collection, CollectionReason } from "./planCollection.ts";
import { planOrders } from "./planOrders.ts";
import type { CollectionOrder } from "./planOrders.ts";
import { collectable } from "./relayChannel.ts";
import type { RelayChannel } from "./relayChannel.ts";

/** Why a channel is not collected from. */
export type NotCollected =
  /** A transaction is on its way for it. */
  | "under-way"
  /** Its row would cost more than it brings. */
  | "dust"
  /** It pays for its row, and waits until it is worth a transaction. */
  | "waits"
  /** One transaction does not take more. */
  | "full";

/** What becomes of one channel. */
export interface ExplainedRow {
  readonly state: RelayChannel;
  /** Token base units that settling it would bring, before the escrow's fee. */
  readonly value: bigint;
  /** What its part of the transaction costs, in token base units. */
  readonly cost: bigint;
  readonly fund: boolean;
  readonly settle: boolean;
  readonly close: boolean;
  /** Why it is collected from now, or why not. */
  readonly why: CollectionReason | NotCollected;
}

/** A plan, channel by channel. */
export interface ExplainedCollection {
  /** The transaction that would be sent; absent if none would. */
  readonly collection: Collection | undefined;
  /** Every channel with something to collect, and those that the transaction touches. */
  readonly rows: readonly ExplainedRow[];
}

/** What a relay would collect now, and why not the rest. With orders, what these would come to. */
export function explainCollection(
  channels: readonly RelayChannel[],
  env: CollectionEnv,
  orders: readonly CollectionOrder[] = [],
): ExplainedCollection {
  const collection = orders.length > 0 ? planOrders(channels, orders, env).collection : planCollection(channels, env);
  const prices = priceGas(env.costs);
  const candidates = new Map(appraise(channels, prices, env).map((candidate) => [candidate.state.id, candidate]));
  const has = (list: readonly RelayChannel[] | undefined, { id }: RelayChannel): boolean =>
    list?.some((state) => state.id === id) === true;
  const closing = collection?.close.map(({ state }) => state);
  const rows = channels.flatMap((state): ExplainedRow[] => {
    const candidate = candidates.get(state.id);
    const [fund, settle, close] = [collection?.fund, collection?.settle, closing].map((list) => has(list, state)) as [
      boolean,
      boolean,
      boolean,
    ];
    const isPart = fund || settle || close;
    const value = candidate?.value ?? collectable(state);
    if (state.chain.closed || (value === 0n && !isPart)) return [];
    const parts = { fund: isPart ? fund : candidate?.fund === true, settle: isPart ? settle : true, close };
    const cost =
      (parts.fund ? prices.fund : 0n) + (parts.settle ? prices.settle : 0n) + (parts.close ? prices.close : 0n);
    const whyNot = (): NotCollected => {
      if (candidate === undefined) return "under-way";
      if (candidate.net <= prices.settle) return "dust";
      return collection === undefined ? "waits" : "full";
    };
    const why = isPart && collection !== undefined ? collection.reason : whyNot();
    return [{ state, value, cost, fund, settle, close, why }];
  });
  return { collection, rows };
}
