import { WeirError } from "../../core/index.ts";
import type { Address } from "../../core/index.ts";
import type { Clock } from "../clock.ts";
import type { Logger } from "../logger.ts";
import type { Source } from "../sources/source.ts";
import { readCatalogue } from "./catalogue.ts";
import type { Catalogue } from "./catalogue.ts";

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
  /** As `catalogue`, but looks whether there is a newer one first, if that was not done within the last second. */
  readonly newest: () => Promise<Catalogue>;
}

/** What a served stream needs from its relay. */
export interface StreamContext {
  readonly sequences: SequenceMemory;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Seconds after which the manifest is looked for again. */
  readonly reloadSeconds: number;
}

/** Largest manifest file that is read, in bytes (T3). */
const MAX_MANIFEST_BYTES = 8 * 1024 * 1024;

/** A stream whose manifest is loaded when it is first asked for and then looked for again now and then. */
export function servedStream(config: StreamConfig, context: StreamContext): ServedStream {
  const { clock, logger, reloadSeconds } = context;
  let current: Catalogue | undefined;
  let checkedAt = -Infinity;
  let loading: Promise<Catalogue> | undefined;

  const load = async (): Promise<Catalogue> => {
    checkedAt = clock();
    const next = await loadCatalogue(config, context, current);
    if (next !== current) {
      const { name, sequence, root } = next.manifest;
      logger.info({ stream: name, sequence: sequence.toString(), root }, "manifest loaded");
    }
    return (current = next);
  };
  const refresh = async (): Promise<Catalogue> => {
    loading ??= load().finally(() => (loading = undefined));
    return loading;
  };
  /** A manifest that cannot be read again does not take down a stream whose last one still holds. */
  const refreshOrKeep = async (kept: Catalogue): Promise<Catalogue> => {
    try {
      return await refresh();
    } catch (error) {
      logger.warn({ stream: kept.manifest.name, err: error }, "manifest not reloaded, the last one is kept");
      return kept;
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
    async newest() {
      if (current === undefined) return assertHolds(await refresh());
      const worthALook = loading !== undefined || clock() - checkedAt >= 1;
      return assertHolds(worthALook ? await refreshOrKeep(current) : current);
    },
  };
}

async function loadCatalogue(
  config: StreamConfig,
  { sequences, clock }: StreamContext,
  current: Catalogue | undefined,
): Promise<Catalogue> {
  const { publisher, name, source } = config;
  const file = await source.read(config.manifest, { maxBytes: MAX_MANIFEST_BYTES });
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
