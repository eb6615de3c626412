import type { Address, Hex } from "../../core/index.ts";
import type { Channels } from "../channels.ts";
import type { Clock } from "../clock.ts";
import type { Logger } from "../logger.ts";
import type { RelayListener } from "../relayEvents.ts";
import type { RelayStore } from "../store/relayStore.ts";
import type { ChainEras } from "./chainEras.ts";
import type { ChainBlock } from "./relayChain.ts";

/** What the watcher needs from its relay. */
export interface WatcherContext {
  readonly eras: ChainEras;
  readonly channels: Channels;
  readonly store: RelayStore;
  readonly payee: Address;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly emit: RelayListener;
}

/** Follows the chain. */
export interface Watcher {
  /** Reads every block since the last look, and tells the channels that something happened to. */
  readonly look: () => Promise<void>;
  /**
   * Reads one channel again.
   *
   * @param at the block to read it at; the newest confirmed one if left out
   */
  readonly refresh: (id: Hex, at?: number) => Promise<void>;
}

/** Under which name the last block that was read is remembered. */
const MARK = "watched block";

/**
 * Follows the chain by asking for logs; no subscription, so any endpoint will do. A look that fails is made again.
 *
 * Blocks that were read are known by their hashes until they are final. When one turns out to be replaced, a new era begins:
 * everything after the last block that still stands is read again, and so is every channel that was read since. A chain that
 * is only shorter than it was says nothing: the endpoint may lag.
 */
export function openWatcher({ eras, channels, store, payee, clock, logger, emit }: WatcherContext): Watcher {
  const { chain } = eras;
  /** Blocks that were read up to, ascending; older than final ones are forgotten but for the last. */
  let read: ChainBlock[] = [];
  let next: number | undefined;
  /** Views above this block are of a chain that is no more. */
  let standing: number | undefined;

  const refresh = async (id: Hex, at?: number): Promise<void> => {
    const known = await channels.read(id);
    // Events of channels that were never used here are others' business.
    if (known === undefined) return;
    const view = await chain.view(known.channel, at);
    const { state } = await channels.step(id, { type: "chain", view, now: clock() });
    if (state.chain.closeRequestedAt !== 0 && known.chain.closeRequestedAt === 0) {
      const until = state.chain.closeRequestedAt + state.channel.gracePeriod;
      logger.warn({ channel: id, until }, "a viewer asked to close its channel: settle before the grace period ends");
      emit({ type: "closeRequested", channel: id, until });
    }
  };

  /** The first block to read: after the last that is known, and before that whatever may have been replaced unseen. */
  const firstBlock = async (head: ChainBlock): Promise<number> => {
    const mark = await store.highest(MARK);
    // A relay that never looked has no channels, so there is nothing to catch up on.
    return mark === undefined ? head.number : Math.max(Number(mark) + 2 - chain.finality, 0);
  };

  const stands = async (block: ChainBlock, head: ChainBlock): Promise<boolean> => {
    const now = block.number === head.number ? head : await chain.blockAt(block.number);
    return now === undefined || now.hash === block.hash;
  };

  const startOverIfReplaced = async (head: ChainBlock): Promise<void> => {
    const last = read.findLast(({ number }) => number <= head.number);
    if (last === undefined || (await stands(last, head))) return;
    let ancestor: ChainBlock | undefined;
    for (const block of read.toReversed()) {
      if (block.number >= last.number || !(await stands(block, head))) continue;
      ancestor = block;
      break;
    }
    const above = ancestor?.number ?? Math.max(last.number - chain.finality, 0);
    await eras.begin();
    logger.warn({ above, block: last.number }, "the chain replaced blocks: what was read of them is read again");
    emit({ type: "chainReplaced", above, block: last.number });
    read = read.filter(({ number }) => number <= above);
    next = above + 1;
    standing = Math.min(standing ?? above, above);
  };

  /** Channels that money depends on now. What nobody uses is read when somebody does. */
  const refreshStale = async (above: number, head: ChainBlock): Promise<void> => {
    const lists = await Promise.all([
      store.listChannels({ type: "idle", before: Number.MAX_SAFE_INTEGER }),
      store.listChannels({ type: "collectable" }),
      store.listChannels({ type: "collecting" }),
    ]);
    const stale = lists.flat().filter(({ state }) => state.chain.block > above);
    const ids = new Set(stale.map(({ state }) => state.id));
    for (const { channels: aims } of await store.transactions()) for (const { id } of aims) ids.add(id);
    for (const id of ids) await refresh(id, head.number);
  };

  return {
    refresh,
    async look() {
      await eras.sync();
      const head = await chain.head();
      await startOverIfReplaced(head);
      if (standing !== undefined) {
        await refreshStale(standing, head);
        standing = undefined;
      }
      next ??= await firstBlock(head);
      if (next > head.number) return;
      for (const id of await chain.touched(payee, next, head.number)) await refresh(id, head.number);
      await store.raise(MARK, BigInt(head.number));
      next = head.number + 1;
      const final = head.number - chain.finality;
      read = [...read.filter(({ number }, i) => number > final || i === read.length - 1), head];
    },
  };
}
