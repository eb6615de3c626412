import { bytesToHex, WeirError } from "../../core/index.ts";
import type { Hex, ManifestLeaf } from "../../core/index.ts";
import type { Source } from "../sources/source.ts";

/** Bytes that were hashed and found to be what a manifest lists. */
export type VerifiedBytes = Uint8Array<ArrayBuffer>;

/** A bounded store of verified bytes in memory. */
export interface VerifiedCache {
  /**
   * The bytes of a listed resource, hashed before anybody gets them. Requests for the same bytes at the same time wait
   * for one read. Nothing that failed is kept.
   *
   * @throws WeirError `content-mismatch` if the source has other bytes, `origin-unavailable` if it has none
   */
  readonly get: (leaf: ManifestLeaf, source: Source) => Promise<VerifiedBytes>;
  /** Bytes held. */
  readonly size: () => number;
}

/**
 * A cache that forgets what was not used for longest. It is keyed by content, so that streams and successive manifests
 * share what is equal, and a resource that changed is read again.
 *
 * @param maxBytes most bytes held; a larger resource is read anew for each request
 */
export function verifiedCache(maxBytes: number): VerifiedCache {
  const held = new Map<Hex, VerifiedBytes>();
  // By source as well: one that corrupts must not answer for one that does not.
  const underWay = new Map<Source, Map<Hex, Promise<VerifiedBytes>>>();
  let size = 0;

  const keep = (key: Hex, bytes: VerifiedBytes): void => {
    if (bytes.length > maxBytes || held.has(key)) return;
    held.set(key, bytes);
    size += bytes.length;
    for (const [oldest, { length }] of held) {
      if (size <= maxBytes) break;
      held.delete(oldest);
      size -= length;
    }
  };

  return {
    async get(leaf, source) {
      const key = leaf.contentHash;
      const found = held.get(key);
      if (found?.length === Number(leaf.size)) {
        held.delete(key);
        held.set(key, found);
        return found;
      }
      const readings = underWay.get(source) ?? new Map<Hex, Promise<VerifiedBytes>>();
      const pending = readings.get(key);
      if (pending !== undefined) return pending;
      const reading = readVerified(leaf, source).finally(() => readings.delete(key));
      readings.set(key, reading);
      underWay.set(source, readings);
      const bytes = await reading;
      keep(key, bytes);
      return bytes;
    },
    size: () => size,
  };
}

async function readVerified(leaf: ManifestLeaf, source: Source): Promise<VerifiedBytes> {
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
  // WebCrypto hashes on another thread, so that a large resource does not hold up every other transfer.
  const actual = bytesToHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
  if (bytes.length !== expected || actual !== contentHash) throw mismatch(path);
  return bytes;
}

function mismatch(path: string, cause?: unknown): WeirError {
  return new WeirError("content-mismatch", "the origin has other bytes than the manifest lists", {
    details: path,
    ...(cause === undefined ? {} : { cause }),
  });
}
