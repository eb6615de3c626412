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
  /** Those that were in use lately, the newest first: a relay may be a moment behind. */
  readonly recent: () => readonly StreamManifest[];
}

const MAX_MANIFEST_BYTES = 8 << 20;
const STAGGER_MS = 1_000;
const REFRESH_MS = 1_000;
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

  const seconds = (): bigint => BigInt(Math.floor(clock.now() / 1_000));
  const readSequence = async (): Promise<bigint> => {
    const [entry] = await stored(store.entries(sequenceKey));
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

  async function fetchAny(): Promise<StreamManifest> {
    const failures: unknown[] = [];
    const others = new AbortController();
    const either = AbortSignal.any([lifetime, others.signal]);
    let next = 0;
    const found = await firstSuccess(
      {
        start: () => {
          const wire = wires[next++];
          return wire && fetchFrom(wire, either).then((manifest) => ({ manifest, relay: wire.origin }));
        },
        patience: () => (next < wires.length ? STAGGER_MS : undefined),
      },
      clock,
      lifetime,
      failures,
    );
    others.abort();
    if (found === undefined) {
      throw new WeirError("no-relay-left", "no relay has a manifest of the stream that can be trusted", {
        details: failures.map((failure) => (WeirError.is(failure) ? failure.code : String(failure))).join("; "),
        cause: new AggregateError(failures),
      });
    }
    const { manifest, relay } = found;
    if (newest === undefined || manifest.root !== newest.manifest.root) {
      newest = {
        manifest,
        leaves: new Map(manifest.leaves.map((leaf) => [resourceName(leaf.path, leaf.range), leaf])),
      };
      recent = [newest, ...recent].slice(0, MAX_RECENT);
      minSequence = manifest.sequence;
      await stored(store.set(sequenceKey, manifest.sequence.toString()));
      events.emit({ type: "manifest", relay, root: manifest.root, sequence: manifest.sequence });
    }
    fetchedAt = clock.now();
    return newest;
  }

  async function fetchShared(signal: AbortSignal): Promise<StreamManifest> {
    underWay ??= fetchAny().finally(() => {
      underWay = undefined;
    });
    return untilAborted(underWay, signal);
  }

  return {
    recent: () => recent,
    current: async (signal) =>
      newest !== undefined && newest.manifest.notAfter >= seconds() ? newest : fetchShared(signal),
    refresh: async (signal) =>
      newest !== undefined && clock.now() - fetchedAt < REFRESH_MS ? newest : fetchShared(signal),
  };
}

function decode(body: Uint8Array): string {
  try {
    return utf8.decode(body);
  } catch (cause) {
    throw new WeirError("manifest-invalid", "the manifest is not UTF-8", { cause });
  }
}
