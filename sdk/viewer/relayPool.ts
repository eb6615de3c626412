import { resourceName } from "../core/path.ts";
import { WeirError } from "../core/weirError.ts";
import { withTimeout } from "./clock.ts";
import { chooseRelay } from "./chooseRelay.ts";
import { firstSuccess } from "./contest.ts";
import type { ViewerFetchOptions } from "./createViewer.ts";
import type { RelayLink } from "./relayLink.ts";
import { beginTransfer, RESOURCE_REFUSALS } from "./transfer.ts";
import type { Transfer, TransferOptions, VerifiedResource, WantedResource } from "./transfer.ts";

/** Sessions that are kept open, if there are as many relays: one to use and two to fall back on at once. */
const WARM = 3;
/** Transfers of one resource at a time. */
const MAX_PARALLEL = 3;
/** A relay gets at least this long, because timers and garbage collectors are not exact. */
const LEAST_PATIENCE_MS = 200;
const RECHECK_MS = 50;

/** How a resource is wanted; see `ViewerFetchOptions`. */
export type LoadOptions = Pick<ViewerFetchOptions, "within" | "onProgress">;

/** The relays of a viewer, used together. */
export interface RelayPool {
  /** Learns terms and opens sessions, so that the first resource need not wait for it. */
  warm(): void;
  /**
   * A verified resource, from whichever relay has it first.
   *
   * @throws WeirError `no-relay-left`, `budget-exhausted`; the signal's reason
   */
  load(wanted: WantedResource, signal: AbortSignal, how?: LoadOptions): Promise<VerifiedResource>;
  /** To be called when something may have become possible. */
  changed(): void;
}

/** @param links in the order of the configuration */
export function relayPool(links: readonly RelayLink[], options: TransferOptions): RelayPool {
  const { config, events } = options;
  const { clock, timing } = config;
  let change = Promise.withResolvers<undefined>();

  function warm(): void {
    for (const link of links) link.learn();
    const known = links.filter((link) => link.driver !== undefined && link.readyIn() !== undefined);
    known.sort((a, b) => comparePrices(priceOf(a), priceOf(b)));
    let open = known.filter(isUsable).length;
    for (const [rank, link] of known.entries()) {
      // A cheaper one that became known later is worth a session beside the others.
      if (isUsable(link) || (open >= WARM && rank >= WARM)) continue;
      link.open();
      open += 1;
    }
  }

  async function load(
    wanted: WantedResource,
    signal: AbortSignal,
    { within = timing.patience, onProgress }: LoadOptions = {},
  ): Promise<VerifiedResource> {
    const name = resourceName(wanted.leaf.path, wanted.leaf.range);
    const size = Number(wanted.leaf.size);
    const giveUpAt = clock.now() + timing.giveUp;
    const running = new Set<Transfer>();
    const without = new Set<RelayLink>();
    const failures: unknown[] = [];
    let lateAt = 0;

    /** The transfer that is furthest ahead counts. One that brings too much is corrupt, and will say so itself. */
    const tell = (): void => {
      onProgress?.(Math.min(size, Math.max(...Array.from(running, (transfer) => transfer.received()))), size);
    };

    const free = (): RelayLink[] => {
      const busy = new Set(Array.from(running, ({ link }) => link));
      return links.filter((link) => !without.has(link) && !busy.has(link));
    };

    /** Whether another relay would have the resource before those that were asked. */
    function isLate(now: number): boolean {
      if (now < lateAt) return false;
      const elsewhere = Math.min(...free().flatMap((link) => link.offer(size)?.expectedMs ?? []));
      const here = Math.min(...Array.from(running, (transfer) => transfer.remainingMs() ?? Infinity));
      if (elsewhere < here) return true;
      lateAt = now + Math.min(Math.max(RECHECK_MS, here), LEAST_PATIENCE_MS);
      return false;
    }

    function start(): Promise<VerifiedResource> | undefined {
      const now = clock.now();
      warm();
      if (running.size >= MAX_PARALLEL || (running.size > 0 && !isLate(now))) return undefined;
      const offers = free().flatMap((link) => {
        const offer = link.offer(size);
        return offer === undefined ? [] : [{ link, ...offer }];
      });
      const chosen = chooseRelay(offers, within / 2);
      if (chosen === undefined) return undefined;
      const { link, expectedMs } = chosen;
      const [first] = running;
      if (first !== undefined)
        events.emit({ type: "hedged", name, from: first.link.wire.origin, to: link.wire.origin });
      // Late is twice what it should take, or when another relay would still be in time, whichever is sooner.
      lateAt = now + Math.max(LEAST_PATIENCE_MS, Math.min(2 * expectedMs, within / 2));
      const transfer = beginTransfer(link, wanted, options, tell);
      running.add(transfer);
      return transfer.result.catch((error: unknown) => {
        running.delete(transfer);
        if (WeirError.is(error) && RESOURCE_REFUSALS.has(error.code)) without.add(link);
        throw error;
      });
    }

    function patience(): number | undefined {
      const now = clock.now();
      if (running.size > 0) return Math.max(RECHECK_MS, lateAt - now);
      const soonest = Math.min(...free().flatMap((link) => link.readyIn() ?? []));
      if (now + soonest > giveUpAt) return undefined;
      // Zero means: as soon as something changes. Looking now and then beside that costs nothing.
      return soonest === 0 ? LEAST_PATIENCE_MS : Math.max(RECHECK_MS, soonest);
    }

    try {
      const found = await withTimeout(clock, timing.giveUp, signal, async (limited) =>
        firstSuccess({ start, patience, changed: async () => change.promise }, clock, limited, failures),
      );
      if (found !== undefined) return found;
    } catch (error) {
      signal.throwIfAborted();
      failures.push(error);
    } finally {
      for (const transfer of running) transfer.release();
    }
    throw noRelayLeft(name, failures);
  }

  function noRelayLeft(name: string, failures: readonly unknown[]): WeirError {
    const problems = links.map((link) => link.status(0));
    // The budget is one for all relays, so where one says that it is used up, more of it would help.
    const isBroke = problems.some(({ problem }) => problem === "budget-exhausted");
    const details = problems.map(({ origin, problem }) => `${origin}: ${problem ?? "too slow"}`).join("; ");
    return new WeirError(isBroke ? "budget-exhausted" : "no-relay-left", `nobody delivers ${name}`, {
      details,
      cause: new AggregateError(failures),
    });
  }

  return {
    warm,
    load,
    changed() {
      const { resolve } = change;
      change = Promise.withResolvers();
      resolve(undefined);
    },
  };
}

/** Whether it takes requests, or is about to. */
function isUsable(link: RelayLink): boolean {
  return link.offer(0) !== undefined || (link.driver?.state.phase === "opening" && link.readyIn() === 0);
}

function priceOf({ driver }: RelayLink): bigint {
  return driver?.state.channel.pricePerGiB ?? 0n;
}

function comparePrices(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
