import { isContractError } from "../../chain/index.ts";
import { WeirError } from "../../core/index.ts";
import type { Deployment, Hex } from "../../core/index.ts";
import { planCollection } from "../../exchange/index.ts";
import type { Collection, RelayChannel, RelayPolicy } from "../../exchange/index.ts";
import type { Channels } from "../channels.ts";
import type { Clock } from "../clock.ts";
import type { Logger } from "../logger.ts";
import type { CollectConfig } from "../relayOptions.ts";
import type { Lease, RelayStore, RelayTransactionChannel } from "../store/relayStore.ts";
import { collectionAims, collectionCalls } from "./composeCollection.ts";
import type { CollectionItem } from "./composeCollection.ts";
import type { SignedTransaction } from "./collectorWallet.ts";
import { followTransactions } from "./followTransactions.ts";
import type { Outcome } from "./followTransactions.ts";
import type { RelayChain } from "./relayChain.ts";
import { unmark } from "./unmark.ts";
import type { Watcher } from "./watcher.ts";

/** What the collector needs from its relay. */
export interface CollectorContext {
  readonly deployment: Deployment;
  readonly chain: RelayChain;
  readonly collect: CollectConfig;
  readonly policy: RelayPolicy;
  readonly channels: Channels;
  readonly store: RelayStore;
  readonly watcher: Watcher;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called when another process knows of something that should not wait for the next round. */
  readonly onCall: () => void;
}

/** What a round needs: of all processes of a relay, only the one that holds the right to collect has one. */
export interface RoundContext extends CollectorContext {
  readonly lease: Lease;
}

/** Turns receipts into money, one transaction at a time. */
export interface Collector {
  /**
   * Sees what became of the last transaction, and sends the next if one is due. Leaves both to the process that collects;
   * one that fails at it leaves it to another.
   */
  readonly round: () => Promise<void>;
  /** Whether it is this process that collects. */
  readonly leads: () => boolean;
  /** Calls the process that collects, if it is another, and if that was not done a moment ago. */
  readonly call: () => void;
  /** Leaves collecting to another process. */
  readonly stop: () => Promise<void>;
}

/** The right that the collecting process holds. */
const RIGHT = "collecting";

/** Milliseconds between two calls to the process that collects: viewers that are refused cause many. */
const CALL_MS = 100;

/** Seconds to wait after a transaction that did nothing; twice as long after each further one, up to the second. */
const PAUSE_SECONDS = 15;
const LONGEST_PAUSE_SECONDS = 600;

/**
 * The collector of a relay. What a transaction does is written down on its channels first, then the transaction with its
 * nonce and hash, and only then it is sent (X8). Its outcome is what the chain says of its channels once its nonce is
 * used: a receipt that cannot be found means nothing.
 *
 * All that is written down goes through the right to collect: a process that lost it without knowing marks no channel,
 * and sends nothing that whoever holds it now has not read.
 */
export function openCollector(collector: CollectorContext): Collector {
  const { store, channels, logger, collect, clock, onCall } = collector;
  let lease: Lease | undefined;
  let calledAt = -Infinity;
  let futile = 0;
  let pausedUntil = 0;

  /** A transaction that does nothing costs gas all the same: whatever the reason, it must not be repeated in a hurry. */
  const takeOutcome = ({ mined, achieved }: Outcome): void => {
    if (!mined) return;
    futile = achieved ? 0 : futile + 1;
    pausedUntil = achieved ? 0 : clock() + Math.min(PAUSE_SECONDS * 2 ** futile, LONGEST_PAUSE_SECONDS);
  };

  const leads = (): boolean => lease?.held() === true;

  const stop = async (): Promise<void> => {
    await lease?.release();
    lease = undefined;
  };

  return {
    leads,
    call() {
      if (leads() || performance.now() - calledAt < CALL_MS) return;
      calledAt = performance.now();
      store.call(RIGHT).catch((err: unknown) => {
        logger.warn({ err }, "the process that collects was not called, and looks by itself soon");
      });
    },
    stop,
    async round() {
      if (!leads()) {
        lease = await store.lead(RIGHT, onCall);
        if (lease !== undefined) logger.info({}, "this process collects");
      }
      if (lease === undefined) return;
      try {
        await collectOnce({ ...collector, lease });
      } catch (error) {
        // What it cannot reach, another process may: a node that is down for one need not be down for all.
        await stop();
        throw error;
      }
    },
  };

  async function collectOnce(context: RoundContext): Promise<void> {
    const outcome = await followTransactions(context);
    takeOutcome(outcome);
    if (outcome.open || clock() < pausedUntil) return;
    // With no transaction under way, a mark is what a process left behind that ended between marking and writing.
    for (const { state } of await store.listChannels({ type: "collecting" }))
      await unmark(channels, state.id, context.lease);
    const plan = await planRound(context);
    if (plan === undefined) return;
    const items = await markAll(context, plan);
    const signed = await signItems(context, items);
    if (signed === undefined) return;
    const { transaction, items: sent } = signed;
    await context.lease.putTransaction({
      nonce: transaction.nonce,
      hashes: [transaction.hash],
      raw: transaction.raw,
      channels: sent.map(collectionAims),
      sentAt: clock(),
    });
    logger.info(
      {
        hash: transaction.hash,
        reason: plan.reason,
        funds: sent.filter(({ fund }) => fund).length,
        settles: sent.filter(({ settle }) => settle).length,
        closes: sent.filter(({ close }) => close).length,
        value: plan.value.toString(),
        cost: plan.cost.toString(),
      },
      "collecting",
    );
    await collect.wallet.broadcast(transaction.raw);
  }
}

/** What is due, decided on states that were read from the chain just now. */
async function planRound(context: CollectorContext): Promise<Collection | undefined> {
  const { collect, policy, store, clock, watcher, channels } = context;
  const candidates = (await store.listChannels({ type: "collectable" })).map(({ state }) => state);
  if (candidates.length === 0) return undefined;
  const env = {
    relay: policy,
    policy: collect.policy,
    costs: { ...collect.costs, gasPrice: await collect.wallet.gasPrice() },
    now: clock(),
  };
  const draft = planCollection(candidates, env);
  if (draft === undefined) return undefined;
  const fresh: RelayChannel[] = [];
  for (const id of channelsOf(draft)) {
    await watcher.refresh(id);
    const state = await channels.read(id);
    if (state !== undefined) fresh.push(state);
  }
  return planCollection(fresh, env);
}

/** Every channel that a plan touches, once. */
function channelsOf({ fund, settle, close }: Collection): ReadonlySet<Hex> {
  return new Set([...settle, ...fund, ...close.map(({ state }) => state)].map(({ id }) => id));
}

/** Writes the plan down on its channels. What comes back is what they are then: receipts may have come in meanwhile. */
async function markAll({ channels, lease }: RoundContext, plan: Collection): Promise<CollectionItem[]> {
  const has = (list: readonly RelayChannel[], id: Hex): boolean => list.some((state) => state.id === id);
  const items: CollectionItem[] = [];
  for (const id of channelsOf(plan)) {
    const fund = has(plan.fund, id);
    const settle = has(plan.settle, id);
    const close = plan.close.some(({ state }) => state.id === id);
    const aimsOf = (state: RelayChannel): RelayTransactionChannel => collectionAims({ state, fund, settle, close });
    if (settle || close) {
      await channels.step(
        id,
        (state) =>
          state.chain.closed
            ? undefined
            : { type: "settling", bytes: aimsOf(state).settling, ...(close ? { close } : {}) },
        lease,
      );
    }
    if (fund) {
      await channels.step(
        id,
        (state) => (state.chain.closed ? undefined : { type: "funding", total: aimsOf(state).funding }),
        lease,
      );
    }
    const state = await channels.read(id);
    if (state !== undefined && !state.chain.closed) items.push({ state, fund, settle, close });
  }
  return items;
}

/** Signs what was marked. Closings that the chain refuses are left for later; with nothing left, all marks go. */
async function signItems(
  { collect, channels, deployment, logger, lease }: RoundContext,
  marked: readonly CollectionItem[],
): Promise<{ readonly transaction: SignedTransaction; readonly items: readonly CollectionItem[] } | undefined> {
  const attempts = [marked];
  if (marked.some(({ close }) => close)) attempts.push(marked.map((item) => ({ ...item, close: false })));
  for (const items of attempts) {
    try {
      const transaction = await collect.wallet.sign(collectionCalls(deployment, items));
      if (items !== marked)
        for (const { state } of marked.filter(({ close }) => close)) await reopen(channels, state.id, lease);
      return { transaction, items };
    } catch (error) {
      if (!WeirError.is(error) || !isContractError(error)) throw error;
      logger.warn({ err: error }, "a transaction would revert and is not sent");
    }
  }
  for (const { state } of marked) await unmark(channels, state.id, lease);
  return undefined;
}

/** Takes back that a settlement closes its channel. */
async function reopen(channels: Channels, id: Hex, lease: Lease): Promise<void> {
  await channels.step(id, (state) => (state.closing ? { type: "settling", bytes: state.settling } : undefined), lease);
}
