import { parseManifest, streamId, verifyManifest } from "../core/manifest.ts";
import type { Manifest, ManifestLeaf } from "../core/manifest.ts";
import { resourceName } from "../core/path.ts";
import { WeirError } from "../core/weirError.ts";
import { untilAborted } from "./clock.ts";
import { firstSuccess } from "./contest.ts";
import type { RelayWire } from "./relayWire.ts";
import type { ViewerEvents } from "./viewerEvents.ts";
import type { ViewerConfig } from "./viewerOptions.ts";
import { stored } from "./viewerStore.ts";

/** A checked manifest, by resource name. */
export interface StreamManifest {
  readonly manifest: Manifest;
  readonly leaves: ReadonlyMap<string, ManifestLeaf>;
}

/** The newest manifest that was seen of a stream. */
export interface ManifestSource {
  /** Fetched when it is first asked for. */
  current(signal: AbortSignal): Promise<StreamManifest>;
  /** Asks again, because a live stream may have gone on; at most once a second. */
  refresh(signal: AbortSignal): Promise<StreamManifest>;
  /** Begins to ask again, if that was not done lately: for a live stream that is being followed, before anybody waits for it. */
  prepare(first: RelayWire): void;
  /**
   * A manifest that fits, asking every relay for it until the time comes; else the newest.
   *
   * @param first whose word it is that there is one
   * @param until by the viewer's clock
   */
  seek(
    fits: (candidate: StreamManifest) => boolean,
    first: RelayWire,
    until: number,
    signal: AbortSignal,
  ): Promise<StreamManifest>;
  /** Those that were in use lately, the newest first: a relay may be a moment behind. */
  readonly recent: () => readonly StreamManifest[];
}

const MAX_MANIFEST_BYTES = 8 << 20;
const STAGGER_MS = 1_000;
const REFRESH_MS = 1_000;
/** A manifest that was asked for so lately is not asked for ahead of need. */
const PREPARED_MS = 200;
/** Before a manifest that does not fit yet is asked for once more, doubled each time. */
const SEEK_MS = 100;
const MAX_RECENT = 4;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * The manifest from whichever relay has a good one first. Relays are asked one after another, a second apart: it does not
 * matter which one answers, because only the publisher's signature counts.
 *
 * The highest sequence ever seen is remembered in the store, so that no relay can pass off an older manifest later.
 *
 * @param lifetime of the viewer: callers share a request, so none of them can end it
 */
export function manifestSource(
  config: ViewerConfig,
  wires: readonly RelayWire[],
  events: ViewerEvents,
  lifetime: AbortSignal,
): ManifestSource {
  const { clock, manifest: path, name, publisher, store } = config;
  const sequenceKey = `weir/sequence/${streamId(publisher, name)}`;
  let minSequence: bigint | undefined;
  let newest: StreamManifest | undefined;
  let recent: readonly StreamManifest[] = [];
  let fetchedAt = -Infinity;
  let underWay: Promise<StreamManifest> | undefined;
  /** What the viewer's own store failed with: a relay may report the same of its own. */
  const storeFailures = new WeakSet<WeirError>();
  /** Whether it was told that the publisher's last manifest has run out. */
  let hasExpired = false;

  const seconds = (): bigint => BigInt(Math.floor(clock.now() / 1_000));
  const kept = async <Value>(operation: Promise<Value>): Promise<Value> => {
    try {
      return await stored(operation);
    } catch (error) {
      if (WeirError.is(error)) storeFailures.add(error);
      throw error;
    }
  };
  const readSequence = async (): Promise<bigint> => {
    const [entry] = await kept(store.entries(sequenceKey));
    return entry === undefined ? 0n : BigInt(entry[1]);
  };

  async function fetchFrom(wire: RelayWire, signal: AbortSignal): Promise<Manifest> {
    const answer = await wire.free(path, MAX_MANIFEST_BYTES, signal);
    try {
      if (!answer.ok) throw answer.problem.error;
      const manifest = parseManifest(decode(answer.value.body));
      minSequence ??= await readSequence();
      verifyManifest(manifest, { publisher, name, now: seconds(), minSequence });
      return manifest;
    } catch (error) {
      if (WeirError.is(error)) events.emit({ type: "failed", relay: wire.origin, what: path, error });
      throw error;
    }
  }

  /** Takes a checked manifest, unless a newer one came in the meantime. */
  async function adopt(manifest: Manifest, relay: string): Promise<StreamManifest> {
    const { root, sequence } = manifest;
    const before = newest;
    const isSame = before?.manifest.root === root;
    if (
      before !== undefined &&
      (sequence < before.manifest.sequence || (isSame && sequence === before.manifest.sequence))
    )
      return before;
    await kept(store.set(sequenceKey, sequence.toString()));
    // Signed again, it may be the same list, good for longer.
    const leaves = isSame
      ? before.leaves
      : new Map(manifest.leaves.map((leaf) => [resourceName(leaf.path, leaf.range), leaf]));
    newest = { manifest, leaves };
    recent = [newest, ...recent.filter((each) => each.manifest.root !== root)].slice(0, MAX_RECENT);
    minSequence = sequence;
    hasExpired = false;
    events.emit({ type: "manifest", relay, root, sequence });
    return newest;
  }

  async function fetchAny({ first, fits }: Wanted): Promise<StreamManifest> {
    const order = first === undefined ? wires : [first, ...wires.filter((wire) => wire !== first)];
    const failures: unknown[] = [];
    const others = new AbortController();
    const either = AbortSignal.any([lifetime, others.signal]);
    let next = 0;
    const ask = async (wire: RelayWire): Promise<StreamManifest> => {
      const found = await adopt(await fetchFrom(wire, either), wire.origin);
      if (!fits(found)) throw new WeirError("manifest-stale", "the relay has nothing newer");
      return found;
    };
    const found = await firstSuccess(
      {
        start: () => {
          const wire = order[next++];
          return wire && ask(wire);
        },
        patience: () => (next < order.length ? STAGGER_MS : undefined),
      },
      clock,
      lifetime,
      failures,
    );
    others.abort();
    fetchedAt = clock.now();
    if (found !== undefined) return found;
    // A sequence that is not remembered could be undercut later.
    const broken = failures.find(
      (failure): failure is WeirError => WeirError.is(failure) && storeFailures.has(failure),
    );
    if (broken !== undefined) throw broken;
    if (newest !== undefined && isGood(newest)) return newest;
    throw nothingGood(failures);
  }

  const isGood = ({ manifest }: StreamManifest): boolean => manifest.notAfter >= seconds();

  function nothingGood(failures: readonly unknown[]): WeirError {
    const codes = failures.map((failure) => (WeirError.is(failure) ? failure.code : String(failure)));
    const context = { details: codes.join("; "), cause: new AggregateError(failures) };
    // Relays that answer, and have nothing that still holds, are not to blame.
    if (newest === undefined || !codes.includes("manifest-stale")) {
      return new WeirError("no-relay-left", "no relay has a manifest of the stream that can be trusted", context);
    }
    const { notAfter } = newest.manifest;
    if (!hasExpired) events.emit({ type: "expired", notAfter });
    hasExpired = true;
    return new WeirError("publisher-silent", undefined, context);
  }

  async function fetchShared(signal: AbortSignal, wanted: Wanted = ANY): Promise<StreamManifest> {
    underWay ??= fetchAny(wanted).finally(() => {
      underWay = undefined;
    });
    return untilAborted(underWay, signal);
  }

  return {
    recent: () => recent,
    current: async (signal) => (newest !== undefined && isGood(newest) ? newest : fetchShared(signal)),
    refresh: async (signal) =>
      newest !== undefined && clock.now() - fetchedAt < REFRESH_MS ? newest : fetchShared(signal),
    prepare(first) {
      if (underWay !== undefined || clock.now() - fetchedAt < PREPARED_MS) return;
      fetchShared(lifetime, { ...ANY, first }).catch(() => undefined); // Whoever needs it asks again, and is told.
    },
    async seek(fits, first, until, signal) {
      for (let wait = SEEK_MS; ; wait *= 2) {
        // What is under way may have been asked for before there was anything new.
        if (underWay !== undefined) await untilAborted(underWay, signal);
        if (newest !== undefined && isGood(newest) && fits(newest)) return newest;
        const found = await fetchShared(signal, { first, fits });
        if (fits(found) || clock.now() + wait > until) return found;
        await clock.wait(wait, signal);
      }
    },
  };
}

/** Which manifest is asked for, and whom first. */
interface Wanted {
  readonly first: RelayWire | undefined;
  readonly fits: (candidate: StreamManifest) => boolean;
}

const ANY: Wanted = { first: undefined, fits: () => true };

function decode(body: Uint8Array): string {
  try {
    return utf8.decode(body);
  } catch (cause) {
    throw new WeirError("manifest-invalid", "the manifest is not UTF-8", { cause });
  }
}
