import { WeirError } from "../../core/index.ts";
import type { Hex, ManifestLeaf } from "../../core/index.ts";
import type { RelayListener, ResourceOrigin } from "../relayEvents.ts";
import type { Source } from "../sources/source.ts";
import type { DiskCache } from "./diskCache.ts";
import { sha256 } from "./sha256.ts";

/** Bytes that were hashed and found to be what a manifest lists. */
export type VerifiedBytes = Uint8Array<ArrayBuffer>;

/** Verified bytes in somebody's hands. Whoever else has them shares them: they must not be changed. */
export interface Loan {
  readonly bytes: VerifiedBytes;
  /** To be called when they are no longer needed; only the first call counts. */
  readonly release: () => void;
}

/** A bounded store of verified bytes in memory, with one on disk behind it. */
export interface VerifiedCache {
  /**
   * The bytes of a listed resource, hashed before anybody gets them. Requests for the same bytes at the same time wait
   * for one read. Nothing that failed is kept.
   *
   * @throws WeirError `content-mismatch` if the source has other bytes, `origin-unavailable` if it has none,
   * `too-many-requests` if all of the memory is in use
   */
  readonly lend: (leaf: ManifestLeaf, source: Source) => Promise<Loan>;
  /** Bytes held, those that are being read included. */
  readonly size: () => number;
}

/** What a cache has to work with. */
export interface VerifiedCacheOptions {
  /**
   * Most bytes in memory: what is kept, what is lent and what is being read, together. A larger resource is read only while
   * there is nothing else.
   */
  readonly maxBytes: number;
  readonly emit: RelayListener;
  /** Where bytes from afar are kept as well. */
  readonly disk?: DiskCache | undefined;
}

interface Entry {
  readonly bytes: VerifiedBytes;
  /** Loans that were not released. */
  loans: number;
}

interface Reading {
  readonly entry: Promise<Entry>;
  /** Requests that will get a loan of it. */
  waiting: number;
}

/**
 * A cache that forgets what was not used for longest, but nothing that is lent. It is keyed by content, so that streams and
 * successive manifests share what is equal, and a resource that changed is read again.
 */
export function verifiedCache({ maxBytes, emit, disk }: VerifiedCacheOptions): VerifiedCache {
  const held = new Map<Hex, Entry>();
  // By source as well: one that corrupts must not answer for one that does not.
  const underWay = new Map<Source, Map<Hex, Reading>>();
  /** Bytes held and bytes that are being read. */
  let size = 0;

  /** Forgets what nobody uses until there is room. */
  const makeRoom = (bytes: number): boolean => {
    for (const [key, entry] of held) {
      if (size + bytes <= maxBytes) break;
      if (entry.loans > 0) continue;
      held.delete(key);
      size -= entry.bytes.length;
    }
    return size === 0 || size + bytes <= maxBytes;
  };

  const loanOf = (key: Hex, entry: Entry): Loan => {
    let isReleased = false;
    return {
      bytes: entry.bytes,
      release() {
        if (isReleased) return;
        isReleased = true;
        entry.loans -= 1;
        // Only a resource that is larger than all the room stands above it, and only for as long as it is in use.
        if (entry.loans === 0 && size > maxBytes && held.get(key) === entry) {
          held.delete(key);
          size -= entry.bytes.length;
        }
      },
    };
  };

  const read = async (leaf: ManifestLeaf, source: Source): Promise<VerifiedBytes> => {
    // What is on this machine needs no copy on this machine.
    const copies = source.stamp === undefined ? disk : undefined;
    const copy = await copies?.read(leaf.contentHash, Number(leaf.size));
    if (copy !== undefined) return told("disk", copy);
    const bytes = await readVerified(leaf, source);
    copies?.keep(leaf.contentHash, bytes);
    return told("origin", bytes);
  };

  const told = (from: ResourceOrigin, bytes: VerifiedBytes): VerifiedBytes => {
    emit({ type: "resourceRead", from, bytes: bytes.length });
    return bytes;
  };

  const startReading = (leaf: ManifestLeaf, source: Source): Reading => {
    const key = leaf.contentHash;
    const expected = Number(leaf.size);
    if (!makeRoom(expected)) {
      emit({ type: "limitHit", limit: "memory" });
      throw new WeirError("too-many-requests", "more is being sent than fits into memory");
    }
    size += expected;
    const take = async (): Promise<Entry> => {
      try {
        const bytes = await read(leaf, source);
        // Another source may have had it first.
        const before = held.get(key);
        if (before !== undefined) size -= expected;
        const entry = before ?? { bytes, loans: 0 };
        held.set(key, entry);
        entry.loans += reading.waiting;
        return entry;
      } catch (error) {
        size -= expected;
        throw error;
      } finally {
        readings.delete(key);
        if (readings.size === 0) underWay.delete(source);
      }
    };
    const readings = underWay.get(source) ?? new Map<Hex, Reading>();
    underWay.set(source, readings);
    const reading: Reading = { entry: Promise.resolve().then(take), waiting: 0 };
    readings.set(key, reading);
    return reading;
  };

  return {
    async lend(leaf, source) {
      const key = leaf.contentHash;
      const found = held.get(key);
      if (found?.bytes.length === Number(leaf.size)) {
        held.delete(key);
        held.set(key, found);
        found.loans += 1;
        told("memory", found.bytes);
        return loanOf(key, found);
      }
      const pending = underWay.get(source)?.get(key);
      const reading = pending ?? startReading(leaf, source);
      reading.waiting += 1;
      const entry = await reading.entry;
      if (pending !== undefined) told("joined", entry.bytes);
      return loanOf(key, entry);
    },
    size: () => size,
  };
}

/**
 * The bytes of a listed resource, read anew and hashed.
 *
 * @throws WeirError `content-mismatch` if the source has other bytes, `origin-unavailable` if it has none
 */
export async function readVerified(leaf: ManifestLeaf, source: Source): Promise<VerifiedBytes> {
  const { path, range, contentHash } = leaf;
  const expected = Number(leaf.size);
  let bytes: VerifiedBytes;
  try {
    bytes = await source.read(path, { maxBytes: expected, ...(range === undefined ? {} : { range }) });
  } catch (error) {
    if (WeirError.is(error, "oversized-message")) throw mismatch(path, error);
    if (WeirError.is(error, "not-found")) {
      throw new WeirError("origin-unavailable", "the origin lacks a listed resource", { details: path, cause: error });
    }
    throw error;
  }
  if (bytes.length !== expected || (await sha256(bytes)) !== contentHash) throw mismatch(path);
  return bytes;
}

function mismatch(path: string, cause?: unknown): WeirError {
  return new WeirError("content-mismatch", "the origin has other bytes than the manifest lists", {
    details: path,
    ...(cause === undefined ? {} : { cause }),
  });
}
