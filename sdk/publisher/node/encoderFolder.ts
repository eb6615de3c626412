import { createHash } from "node:crypto";
import { open, readdir, stat } from "node:fs/promises";
import path from "node:path";
import { bytesToHex } from "../../core/hex.ts";
import type { ManifestLeaf } from "../../core/manifest.ts";
import { encodePath } from "../../core/path.ts";
import { WeirError } from "../../core/weirError.ts";
import { filePath } from "./folder.ts";

/** A file as it was when it was read. */
export interface ReadFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Changes whenever the file is written. */
  readonly identity: string;
}

/**
 * Canonical paths of the HLS playlists in a folder and the folders in it, sorted; not those that are hidden.
 *
 * @param except a folder to leave out
 */
export async function findPlaylists(folder: string, except: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    const parts = path.relative(folder, file).split(path.sep);
    const isOurs = file.startsWith(except + path.sep) || parts.some((part) => part.startsWith("."));
    if (entry.isFile() && /\.m3u8$/i.test(entry.name) && !isOurs) found.push(encodePath(parts));
  }
  return found.sort();
}

/** What tells one state of a file from another; `undefined` if there is none. */
export async function identityOf(folder: string, file: string): Promise<string | undefined> {
  try {
    const { dev, ino, mtimeNs, size } = await stat(filePath(folder, file), { bigint: true });
    return [dev, ino, size, mtimeNs].join(" ");
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** Whether a file was put in the place of another, complete, instead of being written where it is. */
export function wasReplaced(before: string | undefined, now: string): boolean {
  return before === undefined || before.split(" ")[1] !== now.split(" ")[1];
}

/** Reads a file whole. @throws WeirError `not-found`; `manifest-invalid` if it was written to meanwhile */
export async function readWhole(folder: string, file: string): Promise<ReadFile> {
  let bytes: Uint8Array<ArrayBuffer>;
  const identity = await identityOf(folder, file);
  try {
    const handle = await open(filePath(folder, file), "r");
    try {
      bytes = new Uint8Array(await handle.readFile());
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (isAbsent(cause)) throw new WeirError("not-found", `there is no file ${file}`, { cause });
    throw cause;
  }
  if (identity === undefined || identity !== (await identityOf(folder, file))) {
    throw new WeirError("manifest-invalid", `${file} changed while it was read`);
  }
  return { bytes, identity };
}

/** What a manifest says of these bytes. */
export function leafOf(file: string, bytes: Uint8Array): ManifestLeaf {
  const contentHash = bytesToHex(createHash("sha256").update(bytes).digest());
  return { path: file, contentHash, size: BigInt(bytes.length) };
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
