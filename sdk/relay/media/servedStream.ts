import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { WeirError } from "../../core/index.ts";
import type { Address } from "../../core/index.ts";
import type { Clock } from "../clock.ts";
import type { Logger } from "../logger.ts";
import type { RelayListener } from "../relayEvents.ts";
import type { Source, Validators } from "../sources/source.ts";
import { readCatalogue } from "./catalogue.ts";
import type { Catalogue } from "./catalogue.ts";
import type { DiskCache } from "./diskCache.ts";

/** A stream that a relay serves, as it was configured. */
export interface StreamConfig {
  /** URL path of the stream's directory on the relay, with a slash at both ends. */
  readonly path: string;
  readonly source: Source;
  /** Who must have signed the manifest. */
  readonly publisher: Address;
  /** The publisher's name for the stream, if only that one is to be served. */
  readonly name: string | undefined;
  /** File name of the manifest in the directory. */
  readonly manifest: string;
  /** Whether it is served without a session and without payment. */
  readonly free: boolean;
}

/** Keeps the highest sequence of a stream that was ever seen, beyond the life of the process. */
export interface SequenceMemory {
  /** The highest sequence seen, or `undefined`. */
  readonly seen: (streamId: string) => Promise<bigint | undefined>;
  /** Remembers a sequence; lower ones than seen change nothing. */
  readonly raise: (streamId: string, sequence: bigint) => Promise<void>;
}

/** A stream with its manifest, kept fresh. */
export interface ServedStream {
  readonly config: StreamConfig;
  /**
   * The manifest that holds now.
   *
   * @throws WeirError `manifest-stale`, or why it could not be loaded
   */
  readonly catalogue: () => Promise<Catalogue>;
  /**
   * As `catalogue`, but looks whether there is a newer one first, unless that was done lately.
   *
   * @param since when the look must have begun, by `performance.now()`; a tenth of a second ago if left out
   */
  readonly newest: (since?: number) => Promise<Catalogue>;
}

/** What a served stream needs from its relay. */
export interface StreamContext {
  readonly sequences: SequenceMemory;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly emit: RelayListener;
  /** Seconds after which the manifest is looked for again. */
  readonly reloadSeconds: number;
  /** Remembers the last manifest beyond the life of the process. */
  readonly disk?: DiskCache | undefined;
}

/** Largest manifest file that is read, in bytes (T3). */
const MAX_MANIFEST_BYTES = 8 * 1024 * 1024;

/** Milliseconds between two looks: requests must not become a flood at the origin. */
const LOOK_MS = 100;

/** Milliseconds that a request waits for a look at the origin, as long as there is a manifest that holds. */
const PATIENCE_MS = 2_000;

/** What was read: a manifest, and what its origin says about that state of it. */
interface Loaded {
  readonly catalogue: Catalogue;
  readonly validators: Validators | undefined;
}

/**
 * A stream whose manifest is loaded when it is first asked for and then looked for again now and then. The last one is kept
 * on disk, for a relay that starts while its origin is down.
 */
export function servedStream(config: StreamConfig, context: StreamContext): ServedStream {
  const { clock, disk, logger, emit, reloadSeconds } = context;
  const copyName = copyNameOf(config);
  let current: Catalogue | undefined;
  let validators: Validators | undefined;
  let checkedAt = -Infinity;
  /** When the last look began, by `performance.now()`. */
  let lookedAt = -Infinity;
  let loading: Promise<Catalogue> | undefined;
  let problem: string | undefined;

  const load = async (): Promise<Catalogue> => {
    checkedAt = clock();
    lookedAt = performance.now();
    const loaded = await loadCatalogue(config, context, current, validators);
    const isNew = loaded.catalogue !== current;
    ({ catalogue: current, validators } = loaded);
    if (problem !== undefined) logger.info({ path: config.path }, "the manifest can be read again");
    problem = undefined;
    if (isNew) {
      const { name, sequence, root } = current.manifest;
      logger.info({ stream: name, sequence: sequence.toString(), root }, "manifest loaded");
      disk?.keepNamed(copyName, current.file);
    }
    return current;
  };
  /** The last manifest that a process before this one had, checked as if it came from the origin. */
  const restore = async (reason: unknown): Promise<Catalogue> => {
    const file = await disk?.readNamed(copyName, MAX_MANIFEST_BYTES);
    if (file === undefined) throw reason;
    try {
      current = await checkedCatalogue(file, config, context, undefined);
    } catch (err) {
      logger.warn({ path: config.path, err }, "the manifest that was kept is of no use any more");
      throw reason;
    }
    const { name, sequence, root } = current.manifest;
    logger.warn(
      { stream: name, sequence: sequence.toString(), root, err: reason },
      "the origin does not answer: the last manifest that was kept is used",
    );
    return current;
  };
  const refresh = async (): Promise<Catalogue> => {
    loading ??= load()
      .catch(async (error: unknown) => {
        emit({ type: "originFailed", stream: config.path, code: WeirError.is(error) ? error.code : "internal" });
        if (current === undefined && WeirError.is(error, "origin-unavailable")) return restore(error);
        throw error;
      })
      .finally(() => (loading = undefined));
    return loading;
  };
  /** A manifest that cannot be read again does not take down a stream whose last one still holds. */
  const refreshOrKeep = async (kept: Catalogue): Promise<Catalogue> => {
    try {
      return await refresh();
    } catch (error) {
      // Once for each reason: it is looked for again every few seconds.
      const reason = WeirError.is(error) ? error.message : String(error);
      if (reason !== problem) {
        logger.warn({ stream: kept.manifest.name, err: error }, "manifest not reloaded, the last one is kept");
      }
      problem = reason;
      return kept;
    }
  };
  /** A look that began at a time or after it. */
  const lookSince = async (kept: Catalogue, since: number): Promise<Catalogue> => {
    if (loading !== undefined) {
      const found = await refreshOrKeep(kept);
      if (lookedAt >= since && found.manifest.notAfter >= BigInt(clock())) return found;
    }
    const wait = lookedAt + LOOK_MS - performance.now();
    if (wait > 0) await sleep(wait);
    return refreshOrKeep(current ?? kept);
  };
  /** The same, but an origin that stalls holds nobody up. */
  const lookSoon = async (kept: Catalogue, since: number): Promise<Catalogue> => {
    const { promise, resolve } = Promise.withResolvers<Catalogue>();
    const timer = setTimeout(() => {
      resolve(kept);
    }, PATIENCE_MS);
    try {
      return await Promise.race([lookSince(kept, since), promise]);
    } finally {
      clearTimeout(timer);
    }
  };
  const assertHolds = (catalogue: Catalogue): Catalogue => {
    if (catalogue.manifest.notAfter < BigInt(clock()))
      throw new WeirError("manifest-stale", "the manifest has expired");
    return catalogue;
  };

  return {
    config,
    async catalogue() {
      if (current === undefined) return assertHolds(await refresh());
      if (current.manifest.notAfter < BigInt(clock())) return assertHolds(await refreshOrKeep(current));
      // Nobody waits for the look: what is known still holds.
      if (clock() - checkedAt >= reloadSeconds) void refreshOrKeep(current);
      return current;
    },
    async newest(since = performance.now() - LOOK_MS) {
      if (current === undefined) return assertHolds(await refresh());
      const isGood = current.manifest.notAfter >= BigInt(clock());
      const isKnown = isGood && lookedAt >= since && loading === undefined;
      return assertHolds(isKnown ? current : await lookSoon(current, since));
    },
  };
}

async function loadCatalogue(
  config: StreamConfig,
  context: StreamContext,
  current: Catalogue | undefined,
  known: Validators | undefined,
): Promise<Loaded> {
  const { manifest, source } = config;
  const maxBytes = MAX_MANIFEST_BYTES;
  if (source.readNewer === undefined) {
    const file = await source.read(manifest, { maxBytes });
    return { catalogue: await checkedCatalogue(file, config, context, current), validators: undefined };
  }
  const { bytes, etag, lastModified } = await source.readNewer(manifest, { maxBytes, known });
  if (bytes === undefined) {
    if (current === undefined) throw new WeirError("origin-unavailable", "the origin sent no manifest");
    return { catalogue: current, validators: known };
  }
  return {
    catalogue: await checkedCatalogue(bytes, config, context, current),
    validators: { ...(etag === undefined ? {} : { etag }), ...(lastModified === undefined ? {} : { lastModified }) },
  };
}

/** A manifest file that may follow the current one; that one itself if it is the same. */
async function checkedCatalogue(
  file: Uint8Array<ArrayBuffer>,
  { name, publisher }: StreamConfig,
  { clock, sequences }: StreamContext,
  current: Catalogue | undefined,
): Promise<Catalogue> {
  if (current !== undefined && Buffer.compare(file, current.file) === 0) return current;
  const next = readCatalogue(file, {
    publisher,
    ...(name === undefined ? {} : { name }),
    now: BigInt(clock()),
  });
  const { streamId, sequence, root } = next.manifest;
  if (current !== undefined && current.manifest.streamId !== streamId) {
    throw new WeirError("manifest-invalid", "the manifest is for another stream than before");
  }
  const seen = await sequences.seen(streamId);
  const sameAgain = current?.manifest.sequence === sequence && current.manifest.root !== root;
  if ((seen !== undefined && sequence < seen) || sameAgain) {
    throw new WeirError("manifest-stale", "the sequence of the manifest did not rise", {
      details: `sequence ${String(sequence)}, seen ${String(seen ?? sequence)}`,
    });
  }
  await sequences.raise(streamId, sequence);
  return next;
}

/** The copy on disk is of this stream as it is configured, wherever its files come from. */
function copyNameOf({ name, path, publisher }: StreamConfig): string {
  const configured = JSON.stringify([path, publisher.toLowerCase(), name ?? null]);
  return createHash("sha256").update(configured).digest("hex");
}
