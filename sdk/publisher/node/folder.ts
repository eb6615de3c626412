import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { open, readdir, readFile } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import path from "node:path";
import { bytesToHex } from "../../core/hex.ts";
import type { ManifestLeaf } from "../../core/manifest.ts";
import { decodePath, encodePath } from "../../core/path.ts";
import type { ByteRange } from "../../core/path.ts";
import { WeirError } from "../../core/weirError.ts";
import { playlistReferences } from "../../core/playlistReferences.ts";

/** The conventional file name of a manifest. */
export const MANIFEST_FILE = "weir.json";

const CHUNK_BYTES = 1 << 18;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * The canonical paths of all files under a folder, sorted, without the manifest itself and without hidden files and folders
 * (a leading dot), which web servers do not serve either.
 *
 * @throws WeirError `path-not-canonical` for a symbolic link, a device, or a name that no canonical path has
 */
export async function listFiles(folder: string, manifestFile: string): Promise<string[]> {
  const found: string[] = [];
  const visit = async (parts: readonly string[]): Promise<void> => {
    const entries = await readdir(path.join(folder, ...parts), { withFileTypes: true, encoding: "buffer" });
    for (const entry of entries) {
      const name = decodeName(entry.name, parts);
      const here = [...parts, name];
      if (name.startsWith(".")) continue;
      if (entry.isDirectory()) await visit(here);
      else if (!entry.isFile()) throw notPlain(here);
      else if (here.length > 1 || name !== manifestFile) found.push(encodePath(here));
    }
  };
  await visit([]);
  return found.sort();
}

/**
 * What of a folder goes into its manifest. A file that playlists address only by byte ranges is listed by those ranges
 * alone: a relay sends and is paid for what players ask for, and its credit follows the largest resource. Every other file
 * is listed whole. Single-file DASH (`SegmentBase`) is listed whole too.
 *
 * @param files from `listFiles`
 * @throws WeirError `manifest-invalid` for a broken playlist or one that names a file which is not there
 */
export async function listResources(
  folder: string,
  files: readonly string[],
): Promise<{ path: string; ranges: (ByteRange | undefined)[] }[]> {
  const listed = new Map(files.map((file) => [file, new Map<string, ByteRange | undefined>()]));
  for (const playlist of files.filter((file) => /\.m3u8?$/i.test(file))) {
    const text = await readFile(filePath(folder, playlist), "utf8");
    for (const { path: file, range } of playlistReferences(text, playlist)) {
      const ranges = listed.get(file);
      if (ranges === undefined) {
        throw new WeirError("manifest-invalid", `the playlist ${playlist} names ${file}, which is not there`);
      }
      ranges.set(range === undefined ? "" : `${range.first}-${range.last}`, range);
    }
  }
  return Array.from(listed, ([file, ranges]) => ({
    path: file,
    ranges: ranges.size === 0 ? [undefined] : [...ranges.values()],
  }));
}

/**
 * Hashes a file, or parts of it, without holding it in memory.
 *
 * @throws WeirError `path-not-canonical` if it is no regular file, `manifest-invalid` if it is empty or changed while it
 * was read, `range-not-satisfiable` for a range past its end
 */
export async function hashFile(
  folder: string,
  file: string,
  ranges: readonly (ByteRange | undefined)[],
): Promise<ManifestLeaf[]> {
  // A link that took the file's place since the folder was listed must not lead anywhere else.
  const handle = await open(filePath(folder, file), constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const before = await handle.stat();
    if (!before.isFile()) throw notPlain(decodePath(file));
    if (before.size === 0) throw new WeirError("manifest-invalid", `${file} is empty`);
    const leaves: ManifestLeaf[] = [];
    for (const range of ranges) {
      if (range !== undefined && range.last >= before.size) {
        throw new WeirError(
          "range-not-satisfiable",
          `the range ${range.first}-${range.last} lies past the end of ${file}`,
        );
      }
      leaves.push({ path: file, ...(range && { range }), ...(await hashPart(handle, range)) });
    }
    const after = await handle.stat();
    if (after.size !== before.size || after.mtimeMs !== before.mtimeMs) {
      throw new WeirError("manifest-invalid", `${file} changed while it was read`);
    }
    return leaves;
  } finally {
    await handle.close();
  }
}

/** The place of a resource's file on disk. Safe: a canonical path decodes to plain names. */
export function filePath(folder: string, file: string): string {
  return path.join(folder, ...decodePath(file));
}

async function hashPart(
  handle: FileHandle,
  range: ByteRange | undefined,
): Promise<Pick<ManifestLeaf, "contentHash" | "size">> {
  const hash = createHash("sha256");
  const { first = 0, last = Number.MAX_SAFE_INTEGER } = range ?? {};
  const buffer = new Uint8Array(Math.min(CHUNK_BYTES, last - first + 1));
  let position = first;
  while (position <= last) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, last - position + 1), position);
    if (bytesRead === 0) break;
    hash.update(buffer.subarray(0, bytesRead));
    position += bytesRead;
  }
  return { contentHash: bytesToHex(hash.digest()), size: BigInt(position - first) };
}

function decodeName(name: Uint8Array, parts: readonly string[]): string {
  try {
    return utf8.decode(name);
  } catch (cause) {
    throw new WeirError("path-not-canonical", `a file name in /${parts.join("/")} is not UTF-8`, { cause });
  }
}

function notPlain(parts: readonly string[]): WeirError {
  return new WeirError("path-not-canonical", `${parts.join("/")} is neither a regular file nor a folder`);
}
