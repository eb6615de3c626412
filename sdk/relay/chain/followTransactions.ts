import { isContractError } from "../../chain/index.ts";
import type { MulticallOptions } from "../../chain/index.ts";
import type { Hex } from "../../core/index.ts";
import type { ChainView, RelayChannel } from "../../exchange/index.ts";
import type { RelayTransaction, RelayTransactionChannel } from "../store/relayStore.ts";
import { closeUrgency } from "./closeDeadline.ts";
import { collectionRecord } from "./collectionRecord.ts";
import type { RoundContext } from "./collector.ts";
import { collectionAims, collectionCalls } from "./composeCollection.ts";
import type { CollectionItem } from "./composeCollection.ts";
import type { FeeOptions, SignedTransaction } from "./collectorWallet.ts";
import type { FeeUrgency } from "./fees.ts";
import { mark, unmark } from "./marks.ts";
import { mostForGas, takeDepositGas } from "./depositGas.ts";
import type { ChainBlock } from "./relayChain.ts";
import { depositCalls } from "./sendDeposit.ts";

/** What became of the transactions that were written down. */
export interface Outcome {
  /** Whether one is still on its way. */
  readonly open: boolean;
  /** Whether one turned out to be mined. */
  readonly mined: boolean;
  /** Whether those did anything that they were sent for. */
  readonly achieved: boolean;
  /** The lowest nonce that none of them has. */
  readonly nextNonce: number;
}

/** Seconds after which a transaction that is not mined is sent again for a higher fee, and that again, by its hurry. */
const REPLACE_AFTER_SECONDS: Readonly<Record<FeeUrgency, number>> = { none: 120, some: 60, last: 24 };

/**
 * Sends again what is not mined, and takes up what is. A transaction counts as mined once its nonce is used in a confirmed
 * block; what it did is then read from its channels, because any transaction with that nonce may be the one. It is kept
 * until it is final: when its nonce is free again the chain took it back, and it is sent again.
 */
export async function followTransactions(context: RoundContext, head: ChainBlock): Promise<Outcome> {
  const { store, chain, collect, lease } = context;
  const written = await store.transactions();
  let outcome: Outcome = { open: false, mined: false, achieved: false, nextNonce: (written.at(-1)?.nonce ?? -1) + 1 };
  if (written.length === 0) return outcome;
  const usedUpTo = await collect.wallet.nonceAt(head.number);
  for (const transaction of written) {
    const { nonce, mined } = transaction;
    if (nonce >= usedUpTo) {
      const waiting = mined === undefined ? transaction : await takeBack(context, transaction);
      // What comes after a transaction that is not mined waits for it, and not for a higher fee.
      await send(context, waiting, head, outcome.open ? undefined : usedUpTo);
      outcome = { ...outcome, open: true };
    } else if (mined === undefined) {
      const achieved = await takeUp(context, transaction, head);
      outcome = { ...outcome, mined: true, achieved: outcome.achieved || achieved };
    } else if (head.number - mined.block + 1 >= chain.finality) {
      await lease.dropTransaction(nonce);
    } else if (mined.hash === undefined) {
      await record(context, transaction, head);
    }
  }
  return outcome;
}

/** Takes up what a mined transaction did. Resolves to whether that was anything. */
async function takeUp(context: RoundContext, transaction: RelayTransaction, head: ChainBlock): Promise<boolean> {
  const { channels, watcher, lease, logger, emit } = context;
  const { nonce, hashes } = transaction;
  let achieved = transaction.channels.length === 0;
  for (const aim of transaction.channels) {
    const before = (await channels.read(aim.id))?.chain;
    await watcher.refresh(aim.id, head.number);
    await unmark(channels, aim.id, lease);
    const after = (await channels.read(aim.id))?.chain;
    if (before === undefined || after === undefined) continue;
    if (isReached(aim, after) || isMoved(before, after)) achieved = true;
    if (isReached(aim, after)) continue;
    logger.warn({ channel: aim.id, nonce }, "a transaction did less than it was sent for");
  }
  await record(context, transaction, head);
  logger.info({ nonce, hashes }, "a transaction is mined");
  emit({ type: "collectionMined", nonce, achieved });
  return achieved;
}

/**
 * Writes into the history what a mined transaction took and brought, and keeps the transaction until it is final. Whoever
 * ends in between keeps the history alone: what the chain takes back is then found out from the channels.
 */
async function record(context: RoundContext, transaction: RelayTransaction, head: ChainBlock): Promise<void> {
  const { chain, collect, lease } = context;
  const { nonce, hashes, mined } = transaction;
  const outcome = await collect.wallet.outcome(hashes);
  if (outcome === undefined && mined !== undefined) return;
  await lease.dropTransaction(nonce, collectionRecord(transaction, outcome, head, collect.costs));
  const block = outcome?.block ?? head.number;
  if (head.number - block + 1 >= chain.finality) return;
  const found = outcome === undefined ? { block } : { block, hash: outcome.hash };
  await lease.putTransaction({ ...transaction, mined: found });
}

/** Notes that the chain took a transaction back. */
async function takeBack(context: RoundContext, transaction: RelayTransaction): Promise<RelayTransaction> {
  const { channels, lease, logger, emit, clock } = context;
  const { mined, ...rest } = transaction;
  const waiting: RelayTransaction = { ...rest, sentAt: clock() };
  for (const aim of waiting.channels) await mark(channels, aim, lease);
  await lease.putTransaction(waiting);
  logger.warn({ nonce: waiting.nonce, mined }, "the chain took a transaction back, and it is sent again");
  emit({ type: "collectionTakenBack", nonce: waiting.nonce });
  return waiting;
}

function isReached({ settling, funding, close }: RelayTransactionChannel, chain: ChainView): boolean {
  // What a closed channel did not pay went back to the account, whatever it was funded with before.
  return chain.settledBytes >= settling && (chain.closed || (chain.deposit >= funding && !close));
}

function isMoved(before: ChainView, after: ChainView): boolean {
  return after.settledBytes > before.settledBytes || after.deposit > before.deposit || after.closed !== before.closed;
}

/**
 * Sends a transaction that is not mined: for a higher fee if it is stuck, else as it is, because pools forget.
 *
 * @param usedUpTo the next nonce of the chain if this is the first transaction that waits; else it waits for that one
 */
async function send(
  context: RoundContext,
  transaction: RelayTransaction,
  head: ChainBlock,
  usedUpTo: number | undefined,
): Promise<void> {
  const { collect, channels, clock } = context;
  const states: RelayChannel[] = [];
  for (const { id } of transaction.channels) {
    const state = await channels.read(id);
    if (state !== undefined) states.push(state);
  }
  const urgency = closeUrgency(states, head.time);
  // A time that lies ahead was written by a clock that was wrong.
  const age = Math.abs(clock() - transaction.sentAt);
  const isStuck = usedUpTo !== undefined && age >= REPLACE_AFTER_SECONDS[urgency];
  if (isStuck && usedUpTo < transaction.nonce) await useUp(context, usedUpTo, urgency);
  const isNext = usedUpTo === transaction.nonce;
  const replaced = isStuck && isNext && (await replace(context, transaction, states, { urgency, head }));
  if (!replaced) await collect.wallet.broadcast(transaction.raw);
}

/**
 * Sends an empty transaction with a nonce that nobody uses any more: somebody else had used it, and the chain took that back
 * for good. Without it, nothing that waits would ever be mined.
 */
async function useUp(context: RoundContext, nonce: number, urgency: FeeUrgency): Promise<void> {
  const { collect, clock, logger, lease } = context;
  const transaction = await collect.wallet.sign([], { nonce, urgency, ...collect.fees });
  if (transaction.nonce !== nonce) return;
  const { hash, raw } = transaction;
  await lease.putTransaction({ nonce, hashes: [hash], raw, channels: [], sentAt: clock() });
  logger.warn({ nonce, hash }, "a nonce is free that later transactions wait for, and is used up");
  await collect.wallet.broadcast(raw);
}

/** Sends the same calls for a higher fee. The new hash is written down first, beside the old ones. */
async function replace(
  context: RoundContext,
  stuck: RelayTransaction,
  states: readonly RelayChannel[],
  { urgency, head }: { readonly urgency: FeeUrgency; readonly head: ChainBlock },
): Promise<boolean> {
  const { collect, clock, deployment, logger, emit, lease, alarm, gasLimit } = context;
  const aims = new Map<Hex, RelayTransactionChannel>(stuck.channels.map((aim) => [aim.id, aim]));
  const items = states.flatMap((state): CollectionItem[] => {
    const aim = aims.get(state.id);
    if (aim === undefined) return [];
    const { settling, funding, close } = aim;
    return [{ state, settle: settling > state.chain.settledBytes, fund: funding !== 0n, close }];
  });
  const calls = stuck.deposit ? depositCalls(deployment, stuck.deposit) : collectionCalls(deployment, items);
  const transaction = await signReplacement(context, stuck, calls, { urgency, ...collect.fees });
  if (transaction === undefined) {
    await gasLimit.stuck(stuck.nonce);
    alarm.sound(states, "gas-limit", head.time);
    return false;
  }
  if (stuck.deposit !== undefined) {
    // Whatever it takes: nothing after it is mined without it.
    await takeDepositGas(context.store, clock(), mostForGas(transaction.raw) - mostForGas(stuck.raw));
  }
  await lease.putTransaction({
    ...stuck,
    hashes: [...stuck.hashes, transaction.hash],
    raw: transaction.raw,
    channels: items.map(collectionAims),
    sentAt: clock(),
  });
  const facts = { nonce: stuck.nonce, hash: transaction.hash };
  logger.warn(facts, "a transaction is stuck and sent again for a higher fee");
  emit({ type: "collectionReplaced", ...facts });
  await collect.wallet.broadcast(transaction.raw);
  return true;
}

async function signReplacement(
  { collect, logger }: RoundContext,
  { nonce, raw, hashes }: RelayTransaction,
  calls: MulticallOptions["calls"],
  options: FeeOptions,
): Promise<SignedTransaction | undefined> {
  const replaced = { nonce, raw, hash: hashes.at(-1) ?? "0x" } as const;
  try {
    return await collect.wallet.replace(calls, replaced, options);
  } catch (error) {
    if (!isContractError(error)) throw error;
    // Its work is done or undone by others. Its nonce must be used up all the same, or nothing after it is ever mined.
    logger.warn({ nonce, err: error }, "a stuck transaction would revert and is replaced by an empty one");
    return collect.wallet.replace([], replaced, options);
  }
}
