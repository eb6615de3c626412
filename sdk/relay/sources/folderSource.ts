import { constants } from "node:fs";
import { open, realpath, stat } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join, sep } from "node:path";
import { decodePath, WeirError } from "../../core/index.ts";
import type { FileStamp, ReadRequest, Source } from "./source.ts";

/**
 * A stream's files in a folder of this machine. Nothing outside the folder is read, not even through a symbolic link.
 *
 * @param folder its path; it must exist when the first file is read
 */
export function folderSource(folder: string): Source {
  return {
    async read(path, request) {
      // decodePath refuses dot segments, slashes and control characters inside a part, so joining stays below the folder.
      const parts = decodePath(path);
      const file = await openInside(folder, parts);
      try {
        return await readFrom(file, request);
      } finally {
        await file.close();
      }
    },
    async stamp(path) {
      // A link that leads outside has a stamp like any other; read is what refuses it, so it never counts as verified.
      return stampOf(join(folder, ...decodePath(path)));
    },
  };
}

async function openInside(folder: string, parts: readonly string[]): Promise<FileHandle> {
  try {
    const root = await realpath(folder);
    const target = await realpath(join(root, ...parts));
    if (!target.startsWith(root.endsWith(sep) ? root : root + sep)) {
      throw new WeirError("not-found", "there is no such file", { details: "a link leads out of the folder" });
    }
    // The links are resolved, so following one now would mean that somebody swapped it in between.
    // O_NONBLOCK keeps a FIFO from blocking the open for ever; readFrom then refuses it.
    return await open(target, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    throw asSourceError(cause);
  }
}

async function readFrom(file: FileHandle, { range, maxBytes }: ReadRequest): Promise<Uint8Array<ArrayBuffer>> {
  const stat = await file.stat();
  if (!stat.isFile()) throw new WeirError("not-found", "there is no such file");
  const first = range?.first ?? 0;
  const length = Math.max(0, Math.min(stat.size, range === undefined ? stat.size : range.last + 1) - first);
  if (length > maxBytes) throw new WeirError("oversized-message", `the file is over ${maxBytes} bytes`);
  const bytes = new Uint8Array(length);
  let at = 0;
  while (at < length) {
    const { bytesRead } = await file.read(bytes, at, length - at, first + at);
    // The file got shorter since stat; the hash tells.
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return at === length ? bytes : bytes.slice(0, at);
}

async function stampOf(file: string): Promise<FileStamp> {
  try {
    const stats = await stat(file, { bigint: true });
    if (!stats.isFile()) throw new WeirError("not-found", "there is no such file");
    const { dev, ino, size, mtimeNs, ctimeNs } = stats;
    return {
      // Programs may set the time of modification to what they like; that of the last change they may not.
      identity: [dev, ino, size, mtimeNs, ctimeNs].join(" "),
      size: Number(size),
      changedAt: Number(ctimeNs / 1_000_000n),
    };
  } catch (cause) {
    throw asSourceError(cause);
  }
}

const ABSENT = new Set(["ENOENT", "ENOTDIR", "EISDIR", "ELOOP", "ENAMETOOLONG"]);

function asSourceError(cause: unknown): WeirError {
  if (WeirError.is(cause)) return cause;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  if (ABSENT.has(code)) return new WeirError("not-found", "there is no such file", { cause });
  return new WeirError("origin-unavailable", "the file cannot be read", { cause });
}
