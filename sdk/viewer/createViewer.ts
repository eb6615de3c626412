import type { Hex } from "../core/hex.ts";
import { streamId } from "../core/manifest.ts";
import type { ManifestLeaf } from "../core/manifest.ts";
import { resourceName } from "../core/path.ts";
import { WeirError } from "../core/weirError.ts";
import { channelBook } from "./channelBook.ts";
import { withTimeout } from "./clock.ts";
import { playlistLoader } from "./freePlaylist.ts";
import { listeners } from "./listeners.ts";
import { playlistType } from "./playlistType.ts";
import { relayLink } from "./relayLink.ts";
import type { RelayStatus } from "./relayLink.ts";
import { relayPool } from "./relayPool.ts";
import { relayWire } from "./relayWire.ts";
import { manifestSource } from "./streamManifest.ts";
import type { StreamManifest } from "./streamManifest.ts";
import type { WantedResource } from "./transfer.ts";
import type { ViewerEvent, ViewerListener } from "./viewerEvents.ts";
import { readOptions, resolveReference } from "./viewerOptions.ts";
import type { ViewerOptions } from "./viewerOptions.ts";

/** How a resource is wanted. */
export interface ViewerFetchOptions {
  /** Ends the request for its caller. The transfer may still be finished and paid where that is cheaper. */
  readonly signal?: AbortSignal | undefined;
  /** Part of the resource, both ends inclusive; to its end if `last` is left out. */
  readonly range?: { readonly first: number; readonly last?: number } | undefined;
  /** Milliseconds that the player can wait, from how much it has buffered. */
  readonly within?: number | undefined;
  /**
   * Told when bytes arrived: how many of the resource are here, and how many it has. They are not verified yet, so this is good
   * for measuring and nothing else. What is asked for elsewhere starts again.
   */
  readonly onProgress?: ((received: number, size: number) => void) | undefined;
}

/** Where a viewer stands. Amounts are token base units. */
export interface ViewerStatus {
  readonly verifiedBytes: bigint;
  readonly refusedBytes: bigint;
  readonly abortedBytes: bigint;
  /** Owed for everything verified on the channels in use, earlier sessions on them included. */
  readonly spent: bigint;
  /** What the relays can draw at most. */
  readonly funded: bigint;
  readonly budget: bigint;
  /** Of the manifest in use. */
  readonly sequence: bigint | undefined;
  readonly relays: readonly RelayStatus[];
}

/** Plays one stream from several relays, verifies every byte and pays for it. */
export interface Viewer {
  /** `streamId(publisher, name)` of the stream that it plays. */
  readonly streamId: Hex;
  /**
   * A resource of the stream, complete and verified.
   *
   * @param reference a URL on any of the relays, or a reference relative to the manifest
   * @throws WeirError `no-relay-left`, `publisher-silent`, `budget-exhausted`, `path-not-listed`, `path-not-canonical`,
   * `range-not-satisfiable`, `storage-failed`; the signal's reason
   */
  fetch(reference: string, options?: ViewerFetchOptions): Promise<Response>;
  /**
   * The hash and size that the manifest lists for a resource, or for exactly this part of it, so that bytes that came another
   * way can be checked. Nothing is downloaded but the manifest, and nothing is paid.
   *
   * @param reference as `fetch` takes it
   * @throws WeirError `no-relay-left` without a manifest, `path-not-listed`, `path-not-canonical`; the signal's reason
   */
  listed(reference: string, options?: Pick<ViewerFetchOptions, "range" | "signal">): Promise<ManifestLeaf>;
  /** @returns a function that ends it */
  on(listener: ViewerListener): () => void;
  status(): ViewerStatus;
  /** Pays for what is verified, ends all sessions and stops. Never throws, and takes no longer than `timing.close`. */
  close(): Promise<ViewerStatus>;
}

/**
 * Makes a viewer. It gets in touch with the relays at once.
 *
 * @throws WeirError `malformed-message` naming the option that is wrong
 * @example
 * const viewer = createViewer({ deployment, signer, publisher, name, manifest, relays, maxPricePerGiB, budget });
 * const response = await viewer.fetch("master.m3u8");
 * await viewer.close();
 */
export function createViewer(options: ViewerOptions): Viewer {
  const config = readOptions(options);
  const { clock, timing } = config;
  const events = listeners<ViewerEvent>();
  const life = new AbortController();
  const closing = new AbortController();
  const shared = { config, events, lifetime: life.signal };
  const book = channelBook(config, events);
  const wires = config.relays.map((origin) => relayWire(origin, config.fetch, clock, timing.request));
  const source = manifestSource(config, wires, events, life.signal);
  const links = wires.map((wire) =>
    relayLink(wire, {
      ...{ ...shared, book },
      onTerms: () => {
        pool.warm();
        pool.changed();
      },
      onChange: () => {
        pool.changed();
      },
    }),
  );
  const pool = relayPool(links, { ...shared, recent: source.recent });
  const loadPlaylist = playlistLoader(links, pool, source, shared);
  let sequence: bigint | undefined;
  let closed: Promise<ViewerStatus> | undefined;

  // Before the store was read, a new channel would be opened beside an old one.
  const ready = book.load().then(() => {
    pool.warm();
  });
  ready.catch(() => undefined); // Every request states it.

  async function find(
    path: string,
    range: ViewerFetchOptions["range"],
    signal: AbortSignal,
  ): Promise<Found | undefined> {
    const first = await source.current(signal);
    sequence = first.manifest.sequence;
    const found = findIn(first, path, range);
    if (found !== undefined || playlistType(path) !== undefined) return found;
    // A live stream may have gone on.
    const next = await source.refresh(signal);
    sequence = next.manifest.sequence;
    return findIn(next, path, range);
  }

  function status(): ViewerStatus {
    const allVerified = links.reduce((bytes, { counts }) => bytes + counts.verified, 0);
    const relays = links.map((link) => link.status(allVerified));
    const sum = (amount: (relay: RelayStatus) => bigint): bigint =>
      relays.reduce((total, relay) => total + amount(relay), 0n);
    return {
      verifiedBytes: sum((relay) => relay.verifiedBytes),
      refusedBytes: sum((relay) => relay.refusedBytes),
      abortedBytes: sum((relay) => relay.abortedBytes),
      spent: sum((relay) => relay.spent),
      funded: sum((relay) => relay.funded),
      budget: config.budget,
      sequence,
      relays,
    };
  }

  async function shutDown(): Promise<ViewerStatus> {
    closing.abort(new DOMException("the viewer was closed", "AbortError"));
    const end = async (): Promise<unknown> => Promise.allSettled(links.map(async (link) => link.end()));
    // When time is up, what is still owed is in the store, and is paid when the channel is used again.
    await withTimeout(clock, timing.close, life.signal, end).catch(() => undefined);
    life.abort(new DOMException("the viewer was closed", "AbortError"));
    return status();
  }

  /** Ends with the caller's signal and when the viewer is closed. */
  function untilClosing(caller: AbortSignal | undefined): AbortSignal {
    const signal = caller === undefined ? closing.signal : AbortSignal.any([caller, closing.signal]);
    signal.throwIfAborted();
    return signal;
  }

  return {
    streamId: streamId(config.publisher, config.name),
    on: (listener) => events.on(listener),
    status,
    async fetch(reference, { signal: caller, range, within, onProgress } = {}) {
      const signal = untilClosing(caller);
      const path = resolveReference(config, reference);
      await ready;
      const found = await find(path, range, signal);
      if (found !== undefined)
        return respond(found, (await pool.load(found.wanted, signal, { within, onProgress })).bytes);
      if (playlistType(path) !== undefined && range === undefined)
        return new Response(await loadPlaylist(path, signal), headersOf(path));
      throw new WeirError("path-not-listed", undefined, { details: path });
    },
    async listed(reference, { signal, range } = {}) {
      const path = resolveReference(config, reference);
      const leaf = (await find(path, range, untilClosing(signal)))?.wanted.leaf;
      if (leaf === undefined || (leaf.range === undefined) !== (range === undefined))
        throw new WeirError("path-not-listed", undefined, { details: path });
      return leaf;
    },
    close: async () => (closed ??= shutDown()),
  };
}

/** A listed resource, and the part of it that is wanted. */
interface Found {
  readonly wanted: WantedResource;
  readonly range: ViewerFetchOptions["range"];
}

function findIn(
  { leaves, manifest }: StreamManifest,
  path: string,
  range: ViewerFetchOptions["range"],
): Found | undefined {
  const { first = 0, last } = range ?? {};
  const part = range && last !== undefined ? leaves.get(resourceName(path, { first, last })) : undefined;
  const leaf = part ?? leaves.get(path);
  return leaf && { wanted: { leaf, manifest }, range };
}

/** @throws WeirError `range-not-satisfiable` */
function respond({ wanted: { leaf }, range }: Found, bytes: Uint8Array<ArrayBuffer>): Response {
  const { status, headers } = headersOf(leaf.path);
  if (range === undefined) return new Response(bytes, { status, headers });
  // A part that is listed by itself is what arrived; of a whole resource the part is cut out.
  const offset = leaf.range?.first ?? 0;
  const total = leaf.range === undefined ? String(bytes.length) : "*";
  const { first, last = offset + bytes.length - 1 } = range;
  if (first > last || first < offset || first >= offset + bytes.length) throw new WeirError("range-not-satisfiable");
  const part = bytes.subarray(first - offset, last - offset + 1);
  const contentRange = `bytes ${first}-${first + part.length - 1}/${total}`;
  return new Response(part, { status: 206, headers: { ...headers, "content-range": contentRange } });
}

/** A relay's own word for the type is not asked: a wrong one can make a browser run what it gets. */
function headersOf(path: string): { status: number; headers: Record<string, string> } {
  return { status: 200, headers: { "content-type": playlistType(path) ?? "application/octet-stream" } };
}
