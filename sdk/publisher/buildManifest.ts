import { bytesToHex } from "../core/hex.ts";
import { manifestRoot } from "../core/manifest.ts";
import type { ManifestContent, ManifestLeaf } from "../core/manifest.ts";
import type { ByteRange } from "../core/path.ts";

/** One resource with its bytes. */
export interface ManifestResource {
  /** Canonical path relative to the manifest; see `canonicalPath` and `encodePath`. */
  readonly path: string;
  /** The part of the file that `bytes` is; the whole file if absent. */
  readonly range?: ByteRange;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A stream's resources, and what its publisher says about them. */
export interface BuildManifestOptions extends Omit<ManifestContent, "leaves"> {
  /** All of them; taken one at a time, so a generator need not hold them together. */
  readonly resources: Iterable<ManifestResource> | AsyncIterable<ManifestResource>;
}

/**
 * Hashes resources that are in memory into a manifest ready to be signed. Runs everywhere; folders of files are
 * `publishFolder`'s, in the Node entry.
 *
 * @throws WeirError `manifest-invalid` without a resource, for an empty one, one listed twice, or one whose length is not
 * that of its range; `path-not-canonical`, `range-not-satisfiable`
 */
export async function buildManifest(options: BuildManifestOptions): Promise<ManifestContent> {
  const { resources, publisher, name, sequence, notAfter } = options;
  const leaves: ManifestLeaf[] = [];
  for await (const { path, range, bytes } of resources) {
    const contentHash = bytesToHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
    const size = BigInt(bytes.length);
    leaves.push(range === undefined ? { path, contentHash, size } : { path, range, contentHash, size });
  }
  manifestRoot(leaves);
  return { publisher, name, sequence, notAfter, leaves };
}
