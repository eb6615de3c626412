import { owed } from "../core/amounts.ts";
import { paymentChannelsDomain } from "../core/deployment.ts";
import { domainSeparator } from "../core/domain.ts";
import { isSameAddress } from "../core/hex.ts";
import type { Hex } from "../core/hex.ts";
import { decodeViewerChannel, encodeViewerChannel, fundAllowance } from "../exchange/index.ts";
import type { ViewerChannel } from "../exchange/index.ts";
import { WeirError } from "../core/weirError.ts";
import type { RelayTerms } from "../http/index.ts";
import { asWeirError } from "./asWeirError.ts";
import type { ViewerEvents } from "./viewerEvents.ts";
import type { ViewerConfig } from "./viewerOptions.ts";
import { stored } from "./viewerStore.ts";

/**
 * All channels of a session key, and what they may cost together. A channel counts with its whole funding until the chain
 * says that it is closed; a relay's word for that is worth nothing.
 */
export interface ChannelBook {
  /** Reads what earlier viewers left in the store. To be called once, before anything else. */
  load(): Promise<void>;
  /** A channel that the relay at this origin was paid through before, under the same terms. */
  resume(origin: string, terms: RelayTerms): ViewerChannel | undefined;
  /** Takes note of a state, for `allowance`, at once. */
  update(origin: string, state: ViewerChannel): void;
  /** Resolves when the newest state of the channel is in the store. */
  save(id: Hex): Promise<void>;
  /** Token base units that the funding of this channel may reach now (X11), whatever is reserved elsewhere. */
  allowance(state: ViewerChannel): bigint;
  /**
   * Frees what a channel holds of the budget, if the chain confirms that it is closed. If the chain cannot be asked, the
   * channel keeps its share, and an event tells.
   */
  retire(id: Hex): void;
}

/** A channel, and the relay that is paid through it. */
export interface Page {
  readonly origin: string;
  readonly state: ViewerChannel;
}

/** What a store holds of one session key. */
export interface StoredBook {
  /** Token base units that channels cost which the chain says are closed. */
  readonly spent: bigint;
  /** All others. */
  readonly pages: readonly Page[];
}

/** Where the entries of a session key are, and by what names. */
interface BookPlace {
  readonly prefix: string;
  readonly spentKey: string;
  readonly channelKey: (id: Hex) => string;
}

/** Whose book it is, and where it is kept. */
type BookOwner = Pick<ViewerConfig, "deployment" | "signer" | "store">;

/**
 * What earlier viewers with this session key left in a store.
 *
 * @throws WeirError `storage-failed` if no viewer wrote it: it may hold some of the budget, so going on is no choice
 */
export async function readBook(owner: BookOwner): Promise<StoredBook> {
  const { prefix, spentKey } = placeOf(owner);
  const entries = await stored(owner.store.entries(prefix));
  try {
    const channels = entries.filter(([key]) => key !== spentKey);
    return {
      spent: BigInt(entries.find(([key]) => key === spentKey)?.[1] ?? 0),
      pages: channels.map(([, value]) => {
        const [origin, encoded] = JSON.parse(value) as [string, string];
        return { origin, state: decodeViewerChannel(encoded) };
      }),
    };
  } catch (cause) {
    throw new WeirError("storage-failed", "the store holds something that no viewer wrote", { cause });
  }
}

function placeOf({ deployment, signer }: BookOwner): BookPlace {
  const prefix = `weir/${domainSeparator(paymentChannelsDomain(deployment))}/${signer.address.toLowerCase()}/`;
  return { prefix, spentKey: `${prefix}spent`, channelKey: (id) => `${prefix}channel/${id}` };
}

/** An empty book; see `ChannelBook.load`. */
export function channelBook(config: ViewerConfig, events: ViewerEvents): ChannelBook {
  const { budget, chain, ledger, store } = config;
  const { channelKey, spentKey } = placeOf(config);
  const pages = new Map<Hex, Page>();
  const forgotten = new Set<Hex>();
  const writes = new Map<Hex, Write>();
  let spent = 0n;

  async function checkClosed(id: Hex, { channel, fund, phase }: ViewerChannel): Promise<void> {
    if (fund === undefined) {
      // Nothing can be drawn from it, so nothing is lost with it.
      if (phase !== "over") return;
      if (ledger) await stored(ledger.settle(id, 0n));
      await forget(id);
      return;
    }
    if (chain === undefined) return;
    const { closed, settledBytes } = await chain.channel(id);
    if (!closed || !pages.has(id)) return;
    const cost = owed(settledBytes, channel.pricePerGiB);
    spent += cost;
    // In this order: a crash in between counts the channel twice, never not at all.
    await stored(store.set(spentKey, spent.toString()));
    if (ledger) await stored(ledger.settle(id, cost));
    await forget(id);
  }

  async function forget(id: Hex): Promise<void> {
    pages.delete(id);
    forgotten.add(id);
    await save(id);
  }

  /** Whether the ledger has heard already that the channel is closed: everything in a state was reserved before. */
  function isSettled({ fund, id }: ViewerChannel): boolean {
    return ledger !== undefined && fund !== undefined && fund.total > ledger.reserved(id);
  }

  function retire(id: Hex): void {
    const page = pages.get(id);
    if (page === undefined) return;
    checkClosed(id, page.state).catch((error: unknown) => {
      events.emit({ type: "failed", relay: page.origin, what: "chain", error: asWeirError(error) });
    });
  }

  async function write(id: Hex): Promise<void> {
    const page = pages.get(id);
    const key = channelKey(id);
    if (page === undefined) await stored(store.delete(key));
    else await stored(store.set(key, JSON.stringify([page.origin, encodeViewerChannel(page.state)])));
  }

  async function save(id: Hex): Promise<void> {
    const before = writes.get(id) ?? { running: Promise.resolve(), queued: undefined };
    // While one write runs, one more is enough for all that happens meanwhile.
    before.queued ??= before.running.then(ignore, ignore).then(async () => {
      before.queued = undefined;
      before.running = write(id);
      return before.running;
    });
    writes.set(id, before);
    return before.queued;
  }

  return {
    retire,
    async load() {
      const book = await readBook(config);
      spent = book.spent;
      for (const page of book.pages) pages.set(page.state.id, page);
      for (const id of pages.keys()) retire(id);
    },
    resume(origin, terms) {
      for (const { origin: known, state } of pages.values()) {
        const { payee, pricePerGiB, gracePeriod } = state.channel;
        const sameTerms = pricePerGiB === terms.pricePerGiB && gracePeriod === terms.gracePeriod;
        const isOver = state.phase === "over" || isSettled(state);
        if (known === origin && sameTerms && isSameAddress(payee, terms.payee) && !isOver) return state;
      }
      return undefined;
    },
    update(origin, state) {
      if (!forgotten.has(state.id)) pages.set(state.id, { origin, state });
    },
    save,
    allowance: (state) =>
      fundAllowance(
        budget,
        state,
        Array.from(pages.values(), (page) => page.state),
        spent,
      ),
  };
}

interface Write {
  running: Promise<void>;
  queued: Promise<void> | undefined;
}

function ignore(): void {
  // A failed write was reported to whoever asked for it.
}
