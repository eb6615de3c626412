import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Address } from "../../core/hex.ts";
import { parseManifest, verifyManifest } from "../../core/manifest.ts";
import type { Manifest, ManifestLeaf } from "../../core/manifest.ts";
import { resourceName } from "../../core/path.ts";
import { WeirError } from "../../core/weirError.ts";
import { hashFile, listFiles, listResources, MANIFEST_FILE } from "./folder.ts";

/** Whose manifest a folder should hold. */
export interface VerifyFolderOptions {
  /** The publisher from one's own configuration. */
  readonly publisher: Address;
  /** The stream's name, if it is known. */
  readonly name?: string;
  /** The manifest's file name; `weir.json` if left out. */
  readonly file?: string;
}

/** How a folder differs from its manifest, by resource name. Empty lists: it does not. */
export interface FolderReport {
  readonly manifest: Manifest;
  /** Listed, and not there. */
  readonly missing: string[];
  /** Listed, and there with other bytes. */
  readonly changed: string[];
  /** There, and not listed: relays will not serve it. */
  readonly unlisted: string[];
}

/**
 * Compares a folder with its signed manifest, byte for byte.
 *
 * @throws WeirError `manifest-unsigned`, `manifest-stale` or `manifest-invalid` for the manifest, `path-not-canonical` for
 * a file that cannot be a resource. Errors of the file system come as they are.
 */
export async function verifyFolder(folder: string, options: VerifyFolderOptions): Promise<FolderReport> {
  const { publisher, name, file = MANIFEST_FILE } = options;
  const manifest = parseManifest(await readFile(path.join(folder, file), "utf8"));
  const now = BigInt(Math.floor(Date.now() / 1_000));
  verifyManifest(manifest, { publisher, now, ...(name === undefined ? {} : { name }) });

  const files = await listFiles(folder, file);
  const present = new Set(files);
  const nameOf = ({ path: leafPath, range }: Pick<ManifestLeaf, "path" | "range">): string =>
    resourceName(leafPath, range);
  const missing: string[] = [];
  const changed: string[] = [];
  for (const leaf of manifest.leaves) {
    if (!present.has(leaf.path)) missing.push(nameOf(leaf));
    else if (!(await matches(folder, leaf))) changed.push(nameOf(leaf));
  }
  const listed = new Set(manifest.leaves.map(nameOf));
  const wanted = await listResources(folder, files);
  const unlisted = wanted.flatMap(({ path: resource, ranges }) =>
    ranges.map((range) => nameOf({ path: resource, ...(range && { range }) })).filter((each) => !listed.has(each)),
  );
  return { manifest, missing, changed, unlisted };
}

async function matches(folder: string, leaf: ManifestLeaf): Promise<boolean> {
  try {
    const [found] = await hashFile(folder, leaf.path, [leaf.range]);
    return found?.contentHash === leaf.contentHash.toLowerCase() && found.size === leaf.size;
  } catch (error) {
    // Too short for the range, or emptied: other bytes, whatever they are.
    if (WeirError.is(error, "range-not-satisfiable") || WeirError.is(error, "manifest-invalid")) return false;
    throw error;
  }
}
