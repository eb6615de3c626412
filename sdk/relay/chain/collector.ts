import { isContractError } from "../../chain/index.ts";
import { WeirError } from "../../core/index.ts";
import type { Deployment, Hex } from "../../core/index.ts";
import { isLeftToPayer } from "../../exchange/index.ts";
import type { Collection, RelayChannel, RelayPolicy } from "../../exchange/index.ts";
import type { Channels } from "../channels.ts";
import type { Clock } from "../clock.ts";
import type { Logger } from "../logger.ts";
import type { RelayListener } from "../relayEvents.ts";
import type { CollectConfig } from "../relayOptions.ts";
import type { Order } from "../store/relayRecords.ts";
import type { Lease, RelayStore, RelayTransactionChannel } from "../store/relayStore.ts";
import { openCloseAlarm } from "./closeAlarm.ts";
import type { CloseAlarm } from "./closeAlarm.ts";
import { closeUrgency } from "./closeDeadline.ts";
import { collectionAims, collectionCalls } from "./composeCollection.ts";
import type { CollectionItem } from "./composeCollection.ts";
import type { SignedTransaction } from "./collectorWallet.ts";
import { followTransactions } from "./followTransactions.ts";
import type { Outcome } from "./followTransactions.ts";
import type { DepositCarrier } from "./depositCarrier.ts";
import { openGasLimit } from "./gasLimit.ts";
import type { GasLimit } from "./gasLimit.ts";
import { unmark } from "./marks.ts";
import { channelsOf, planRound } from "./planRound.ts";
import type { RelayChain } from "./relayChain.ts";
import { sendDeposit } from "./sendDeposit.ts";
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
  readonly emit: RelayListener;
  /** Deposits that wait to be sent, if the relay sends any. */
  readonly carrier?: DepositCarrier | undefined;
  /** Called when another process knows of something that should not wait for the next round. */
  readonly onCall: () => void;
}

/** What a round needs: of all processes of a relay, only the one that holds the right to collect has one. */
export interface RoundContext extends CollectorContext {
  readonly lease: Lease;
  readonly alarm: CloseAlarm;
  readonly gasLimit: GasLimit;
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

/** A transaction that is signed, with what it is for. */
interface ReadyCollection {
  readonly plan: Collection;
  readonly transaction: SignedTransaction;
  readonly items: readonly CollectionItem[];
  /** What somebody asked for and is carried out with it. */
  readonly orders: readonly Order[];
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
  const { store, channels, logger, emit, collect, clock, onCall } = collector;
  let lease: Lease | undefined;
  let calledAt = -Infinity;
  let futile = 0;
  let pausedUntil = 0;
  /** As many channels as the chain took in one transaction lately. */
  let { maxRows } = collect.policy;
  const alarm = openCloseAlarm(collector);
  const gasLimit = openGasLimit(collector);

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
        await collectOnce({ ...collector, lease, alarm, gasLimit });
      } catch (error) {
        // What it cannot reach, another process may: a node that is down for one need not be down for all.
        await stop();
        emit({ type: "collectionFailed", code: WeirError.is(error) ? error.code : "internal" });
        throw error;
      }
    },
  };

  async function collectOnce(context: RoundContext): Promise<void> {
    const head = await context.chain.head();
    const outcome = await followTransactions(context, head);
    takeOutcome(outcome);
    if (outcome.open) return;
    const { carrier } = context;
    if (carrier !== undefined && (await sendDeposit(context, carrier, outcome.nextNonce))) return;
    // With no transaction under way, a mark is what a process left behind that ended between marking and writing.
    for (const { state } of await store.listChannels({ type: "collecting" }))
      await unmark(channels, state.id, context.lease);
    // A clock that was put back must not make it longer.
    const mayWait = clock() < pausedUntil && pausedUntil - clock() <= LONGEST_PAUSE_SECONDS;
    let ready: ReadyCollection | undefined;
    while (ready === undefined) {
      const { collection: plan, orders } = await planRound(context, head, { maxRows, mayWait });
      if (plan === undefined) {
        await removeOrders(orders);
        return;
      }
      const items = await markAll(context, plan);
      if (items.length === 0) {
        await removeOrders(orders);
        return;
      }
      try {
        ready = await signItems(context, plan, items, { nonce: outcome.nextNonce, time: head.time });
        if (ready === undefined) {
          await removeOrders(orders);
          return;
        }
        ready = { ...ready, orders };
      } catch (error) {
        if (!WeirError.is(error, "transaction-too-large") || items.length < 2) throw error;
        for (const { state } of items) await unmark(channels, state.id, context.lease);
        maxRows = Math.floor(items.length / 2);
        logger.info({ maxRows, err: error }, "a batch is too large for the chain and is made smaller");
      }
    }
    await sendReady(context, ready);
    // What the chain takes may have grown.
    maxRows = Math.min(collect.policy.maxRows, maxRows + 1);
  }

  async function removeOrders(orders: readonly Order[]): Promise<void> {
    for (const { id, type, channel } of orders) {
      await store.removeOrder(id);
      logger.info({ type, channel }, "an order is carried out, or there is nothing to do about it");
    }
  }

  /** Writes a transaction down, then sends it. Its orders are forgotten in between: at worst they are carried out twice. */
  async function sendReady(
    { lease: right }: RoundContext,
    { plan, transaction, items, orders }: ReadyCollection,
  ): Promise<void> {
    await right.putTransaction({
      nonce: transaction.nonce,
      hashes: [transaction.hash],
      raw: transaction.raw,
      channels: items.map(collectionAims),
      sentAt: clock(),
      reason: plan.reason,
    });
    await removeOrders(orders);
    const facts = {
      nonce: transaction.nonce,
      hash: transaction.hash,
      reason: plan.reason,
      funds: items.filter(({ fund }) => fund).length,
      settles: items.filter(({ settle }) => settle).length,
      closes: items.filter(({ close }) => close).length,
    };
    const { cost, value } = plan;
    logger.info({ ...facts, value: value.toString(), cost: cost.toString() }, "collecting");
    emit({ type: "collectionSent", ...facts, value, cost });
    await collect.wallet.broadcast(transaction.raw);
  }
}

/** Writes the plan down on its channels. What comes back is what they are then: receipts may have come in meanwhile. */
async function markAll({ channels, clock, collect, lease }: RoundContext, plan: Collection): Promise<CollectionItem[]> {
  // Whoever got the leave to close a channel in the meantime is not to be overtaken.
  const isOff = (state: RelayChannel): boolean =>
    state.chain.closed || (plan.reason !== "order" && isLeftToPayer(state, { now: clock(), policy: collect.policy }));
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
          isOff(state) ? undefined : { type: "settling", bytes: aimsOf(state).settling, ...(close ? { close } : {}) },
        lease,
      );
    }
    if (fund) {
      await channels.step(
        id,
        (state) => (isOff(state) ? undefined : { type: "funding", total: aimsOf(state).funding }),
        lease,
      );
    }
    const state = await channels.read(id);
    if (state !== undefined && !isOff(state)) items.push({ state, fund, settle, close });
  }
  return items;
}

/** Signs what was marked. Closings that the chain refuses are left for later; with nothing left, all marks go. */
async function signItems(
  { collect, channels, deployment, logger, lease }: RoundContext,
  plan: Collection,
  marked: readonly CollectionItem[],
  { nonce, time }: { readonly nonce: number; readonly time: number },
): Promise<ReadyCollection | undefined> {
  const attempts = [marked];
  if (marked.some(({ close }) => close)) attempts.push(marked.map((item) => ({ ...item, close: false })));
  const urgency = closeUrgency(
    marked.map(({ state }) => state),
    time,
  );
  for (const items of attempts) {
    try {
      const calls = collectionCalls(deployment, items);
      const transaction = await collect.wallet.sign(calls, { nonce, urgency, ...collect.fees });
      if (items !== marked)
        for (const { state } of marked.filter(({ close }) => close)) await reopen(channels, state.id, lease);
      return { plan, transaction, items, orders: [] };
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
