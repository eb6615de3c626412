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
  /** Token base units that the funding of this channel may reach now (X11). */
  allowance(state: ViewerChannel): bigint;
  /**
   * Frees what a channel holds of the budget, if the chain confirms that it is closed. If the chain cannot be asked, the
   * channel keeps its share, and an event tells.
   */
  retire(id: Hex): void;
}

interface Page {
  readonly origin: string;
  readonly state: ViewerChannel;
}

/** An empty book; see `ChannelBook.load`. */
export function channelBook(config: ViewerConfig, events: ViewerEvents): ChannelBook {
  const { budget, chain, deployment, signer, store } = config;
  const prefix = `weir/${domainSeparator(paymentChannelsDomain(deployment))}/${signer.address.toLowerCase()}/`;
  const spentKey = `${prefix}spent`;
  const channelKey = (id: Hex): string => `${prefix}channel/${id}`;
  const pages = new Map<Hex, Page>();
  const forgotten = new Set<Hex>();
  const writes = new Map<Hex, Write>();
  let spent = 0n;

  async function checkClosed(id: Hex, { channel, fund, phase }: ViewerChannel): Promise<void> {
    if (fund === undefined) {
      // Nothing can be drawn from it, so nothing is lost with it.
      if (phase === "over") await forget(id);
      return;
    }
    if (chain === undefined) return;
    const { closed, settledBytes } = await chain.channel(id);
    if (!closed || !pages.has(id)) return;
    spent += owed(settledBytes, channel.pricePerGiB);
    // In this order: a crash in between counts the channel twice, never not at all.
    await stored(store.set(spentKey, spent.toString()));
    await forget(id);
  }

  async function forget(id: Hex): Promise<void> {
    pages.delete(id);
    forgotten.add(id);
    await save(id);
  }

  function retire(id: Hex): void {
    const page = pages.get(id);
    if (page === undefined) return;
    checkClosed(id, page.state).catch((error: unknown) => {
      events.emit({ type: "failed", relay: page.origin, what: "chain", error: asWeirError(error) });
    });
  }

  function read(key: string, value: string): void {
    if (key === spentKey) {
      spent = BigInt(value);
      return;
    }
    const [origin, encoded] = JSON.parse(value) as [string, string];
    const state = decodeViewerChannel(encoded);
    pages.set(state.id, { origin, state });
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
      const entries = await stored(store.entries(prefix));
      try {
        for (const [key, value] of entries) read(key, value);
      } catch (cause) {
        // What cannot be read may hold some of the budget, so going on without it is no choice.
        throw new WeirError("storage-failed", "the store holds something that no viewer wrote", { cause });
      }
      for (const id of pages.keys()) retire(id);
    },
    resume(origin, terms) {
      for (const { origin: known, state } of pages.values()) {
        const { payee, pricePerGiB, gracePeriod } = state.channel;
        const sameTerms = pricePerGiB === terms.pricePerGiB && gracePeriod === terms.gracePeriod;
        if (known === origin && sameTerms && isSameAddress(payee, terms.payee) && state.phase !== "over") return state;
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
