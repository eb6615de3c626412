import { isContractError } from "../../chain/index.ts";
import type { ChainView } from "../../exchange/index.ts";
import type { RelayTransaction, RelayTransactionChannel } from "../store/relayStore.ts";
import type { RoundContext } from "./collector.ts";
import { collectionAims, collectionCalls } from "./composeCollection.ts";
import type { CollectionItem } from "./composeCollection.ts";
import type { SignedTransaction } from "./collectorWallet.ts";
import { unmark } from "./unmark.ts";

/** What became of the transactions that were written down. */
export interface Outcome {
  /** Whether one is still on its way. */
  readonly open: boolean;
  /** Whether the chain knows the outcome of one. */
  readonly mined: boolean;
  /** Whether those did anything that they were sent for. */
  readonly achieved: boolean;
}

/** Seconds after which a transaction that is not mined is sent again for a higher fee. */
const REPLACE_AFTER_SECONDS = 120;

/**
 * Sends again what is not mined, and takes up what is. A transaction counts as mined once its nonce is used in a confirmed
 * block; what it did is then read from its channels, because any transaction with that nonce may be the one.
 */
export async function followTransactions(context: RoundContext): Promise<Outcome> {
  const { store, chain, collect, clock, logger, lease } = context;
  const pending = await store.transactions();
  let outcome: Outcome = { open: false, mined: false, achieved: false };
  if (pending.length === 0) return outcome;
  const nextNonce = await collect.wallet.nonceAt(await chain.head());
  for (const transaction of pending) {
    if (transaction.nonce >= nextNonce) {
      outcome = { ...outcome, open: true };
      const isStuck = clock() - transaction.sentAt >= REPLACE_AFTER_SECONDS;
      await (isStuck ? replace(context, transaction) : collect.wallet.broadcast(transaction.raw));
      continue;
    }
    const achieved = await takeUp(context, transaction);
    outcome = { ...outcome, mined: true, achieved: outcome.achieved || achieved };
    await lease.dropTransaction(transaction.nonce);
    logger.info({ nonce: transaction.nonce, hashes: transaction.hashes }, "a transaction is mined");
  }
  return outcome;
}

/** Reads what a mined transaction did. Resolves to whether that was anything. */
async function takeUp(context: RoundContext, { nonce, channels }: RelayTransaction): Promise<boolean> {
  let achieved = channels.length === 0;
  for (const aim of channels) {
    const before = (await context.channels.read(aim.id))?.chain;
    await context.watcher.refresh(aim.id);
    await unmark(context.channels, aim.id, context.lease);
    const after = (await context.channels.read(aim.id))?.chain;
    if (before === undefined || after === undefined) continue;
    if (isReached(aim, after) || isMoved(before, after)) achieved = true;
    if (isReached(aim, after)) continue;
    context.logger.warn({ channel: aim.id, nonce }, "a transaction did less than it was sent for");
  }
  return achieved;
}

function isReached({ settling, funding, close }: RelayTransactionChannel, chain: ChainView): boolean {
  return chain.settledBytes >= settling && chain.deposit >= funding && (chain.closed || !close);
}

function isMoved(before: ChainView, after: ChainView): boolean {
  return after.settledBytes > before.settledBytes || after.deposit > before.deposit || after.closed !== before.closed;
}

/** Sends the same calls for a higher fee. The new hash is written down first, beside the old ones. */
async function replace(context: RoundContext, stuck: RelayTransaction): Promise<void> {
  const { collect, channels, clock, logger, lease } = context;
  const items: CollectionItem[] = [];
  for (const { id, settling, funding, close } of stuck.channels) {
    const state = await channels.read(id);
    if (state === undefined) continue;
    items.push({ state, settle: settling > state.chain.settledBytes, fund: funding !== 0n, close });
  }
  const transaction = await signReplacement(context, stuck, items);
  await lease.putTransaction({
    nonce: transaction.nonce,
    hashes: [...stuck.hashes, transaction.hash],
    raw: transaction.raw,
    channels: items.map(collectionAims),
    sentAt: clock(),
  });
  logger.warn({ nonce: stuck.nonce, hash: transaction.hash }, "a transaction is stuck and sent again for a higher fee");
  await collect.wallet.broadcast(transaction.raw);
}

async function signReplacement(
  { collect, deployment, logger }: RoundContext,
  { nonce, raw, hashes }: RelayTransaction,
  items: readonly CollectionItem[],
): Promise<SignedTransaction> {
  const replacing = { nonce, raw, hash: hashes.at(-1) ?? "0x" } as const;
  try {
    return await collect.wallet.sign(collectionCalls(deployment, items), replacing);
  } catch (error) {
    if (!isContractError(error)) throw error;
    // Its work is done or undone by others. Its nonce must be used up all the same, or nothing after it is ever mined.
    logger.warn({ nonce, err: error }, "a stuck transaction would revert and is replaced by an empty one");
    return collect.wallet.sign([], replacing);
  }
}
