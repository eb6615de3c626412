import { randomBytes } from "node:crypto";
import { constants, mkdirSync } from "node:fs";
import type { Stats } from "node:fs";
import { mkdir, open, readdir, rename, stat, unlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { WeirError } from "../../core/index.ts";
import type { Hex } from "../../core/index.ts";
import type { Logger } from "../logger.ts";
import { KEPT, openDiskIndex } from "./diskIndex.ts";
import type { DiskIndex, IndexedFile } from "./diskIndex.ts";
import { sha256 } from "./sha256.ts";

/** Verified files in a folder. Whatever goes wrong with it costs time, never a wrong byte and never an answer. */
export interface DiskCache {
  /** Bytes that hash to `contentHash`, or `undefined`. A file with other bytes is removed. */
  readonly read: (contentHash: Hex, size: number) => Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Keeps verified bytes, soon and if there is room. */
  readonly keep: (contentHash: Hex, bytes: Uint8Array<ArrayBuffer>) => void;
  /** A file that is kept under a name, such as the last manifest of a stream; nobody has verified it. */
  readonly readNamed: (name: string, maxBytes: number) => Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Keeps a file under a name; it never makes room for others. */
  readonly keepNamed: (name: string, bytes: Uint8Array<ArrayBuffer>) => void;
  /** Bytes that the folder's files take, of all processes that use it; `undefined` if that cannot be known now. */
  readonly size: () => number | undefined;
  /** Resolves once everything is written that was to be kept. */
  readonly close: () => Promise<void>;
}

/** Where a disk cache is, and how large it may be. */
export interface DiskCacheOptions {
  /** It is made if it does not exist, for its owner only. Several processes may share it. */
  readonly folder: string;
  /** Most bytes that it may take, of all processes together, files that are being written and the index included. */
  readonly maxBytes: number;
  readonly logger: Logger;
}

/** Smallest cache: below, the largest segments would not fit. */
export const MIN_DISK_BYTES = 16 * 1024 * 1024;

/** Files take whole blocks; each costs a line in the index as well. */
const BLOCK_BYTES = 4_096;
const LINE_BYTES = 512;
/** What the index takes when it is empty, and its journal. */
const INDEX_BYTES = 1024 * 1024;

/** Bytes that may wait to be written; what comes meanwhile is not kept. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;
/** Milliseconds after a failure for which nothing is written. */
const PAUSE_MS = 30_000;
/** Milliseconds for which the uses of files are collected. */
const TOUCH_MS = 5_000;
/** Milliseconds after which a half-written file is one of a process that is gone. */
const ABANDONED_MS = 600_000;

const FILE_NAME = /^(?:[0-9a-f]{2}\/[0-9a-f]{64}|named\/[0-9a-f]{64})(\.[0-9a-f]{16})?$/;

/**
 * Opens a cache folder and takes stock of it. Files are named by their content and hashed whenever they are read.
 *
 * @throws WeirError `storage-failed` if the folder cannot be used
 */
export async function openDiskCache({ folder, maxBytes, logger }: DiskCacheOptions): Promise<DiskCache> {
  const index = await openFolder(folder, maxBytes - INDEX_BYTES);
  let failing = false;
  let pausedUntil = -Infinity;
  let waitingBytes = 0;
  let writing: Promise<unknown> = Promise.resolve();
  let used = new Map<string, number>();
  let touching: NodeJS.Timeout | undefined;

  const fail = (err: unknown): void => {
    pausedUntil = performance.now() + PAUSE_MS;
    if (failing) return;
    failing = true;
    logger.warn({ folder, err }, "the disk cache takes no files: what is served is not kept until it does again");
  };
  const succeed = (): void => {
    if (failing) logger.info({ folder }, "the disk cache takes files again");
    failing = false;
  };

  const touch = (): void => {
    touching = undefined;
    const files = [...used].map(([name, at]) => ({ name, used: at }));
    used = new Map();
    try {
      index.touch(files);
    } catch (err) {
      // Only the order in which files will go.
      logger.debug({ folder, err }, "the uses of cached files were not noted");
    }
  };
  const noteUse = (name: string): void => {
    used.set(name, Date.now());
    touching ??= setTimeout(touch, TOUCH_MS).unref();
  };

  const drop = async (name: string): Promise<void> => {
    logger.warn({ folder, file: name }, "a cached file is damaged: it is removed and fetched anew");
    try {
      await removeFile(join(folder, name));
      index.forget(name);
    } catch (err) {
      fail(err);
    }
  };

  const write = async (name: string, bytes: Uint8Array, isKept: boolean): Promise<void> => {
    if (performance.now() < pausedUntil) return;
    const final = join(folder, name);
    const temporary: IndexedFile = { name: `${name}.${randomBytes(8).toString("hex")}`, used: Date.now() };
    try {
      // Another process may have been faster.
      if (!isKept && (await isThere(final))) return;
      if (!(await makeRoom(folder, index, spaceOf(bytes.length), temporary))) return;
      try {
        await mkdir(dirname(final), { recursive: true, mode: 0o700 });
        await writeFile(join(folder, temporary.name), bytes, { flag: "wx", mode: 0o600 });
        await rename(join(folder, temporary.name), final);
        index.rename(temporary.name, { name, used: isKept ? KEPT : Date.now() });
      } catch (error) {
        await removeFile(join(folder, temporary.name));
        index.forget(temporary.name);
        throw error;
      }
      succeed();
    } catch (err) {
      fail(err);
    }
  };
  const soon = (name: string, bytes: Uint8Array, isKept: boolean): void => {
    if (waitingBytes + bytes.length > MAX_WAITING_BYTES) return;
    waitingBytes += bytes.length;
    writing = writing.then(async () => write(name, bytes, isKept)).then(() => (waitingBytes -= bytes.length));
  };

  const readBytes = async (name: string, maxSize: number): Promise<Uint8Array<ArrayBuffer> | undefined> => {
    try {
      const bytes = await readFile(join(folder, name), maxSize);
      if (bytes === "damaged") await drop(name);
      else return bytes;
    } catch (err) {
      fail(err);
    }
    return undefined;
  };

  return {
    async read(contentHash, size) {
      const name = nameOf(contentHash);
      const bytes = await readBytes(name, size);
      if (bytes === undefined) return undefined;
      if (bytes.length === size && (await sha256(bytes)) === contentHash) {
        noteUse(name);
        return bytes;
      }
      await drop(name);
      return undefined;
    },
    keep(contentHash, bytes) {
      soon(nameOf(contentHash), bytes, false);
    },
    readNamed: async (name, maxSize) => readBytes(`named/${name}`, maxSize),
    keepNamed(name, bytes) {
      soon(`named/${name}`, bytes, true);
    },
    size() {
      try {
        return index.total() + INDEX_BYTES;
      } catch (err) {
        logger.debug({ folder, err }, "the index of the disk cache is not to be read");
        return undefined;
      }
    },
    async close() {
      await writing;
      clearTimeout(touching);
      if (used.size > 0) touch();
      index.close();
    },
  };
}

async function openFolder(folder: string, maxBytes: number): Promise<DiskIndex> {
  try {
    mkdirSync(join(folder, "named"), { recursive: true, mode: 0o700 });
    const index = openDiskIndex(join(folder, "index.sqlite"), maxBytes);
    try {
      await takeStock(folder, index);
      return index;
    } catch (error) {
      index.close();
      throw error;
    }
  } catch (cause) {
    throw new WeirError("storage-failed", `the cache folder ${folder} cannot be used`, { cause });
  }
}

/** Brings an index in line with its folder: after a crash, a power failure, or when somebody removed files. */
async function takeStock(folder: string, index: DiskIndex): Promise<void> {
  const startedAt = Date.now();
  const listed = new Map(index.list().map((file) => [file.name, file]));
  const there = new Set<string>();
  const unknown: (IndexedFile & { readonly bytes: number })[] = [];
  for (const name of await filesOf(folder)) {
    there.add(name);
    const isTemporary = FILE_NAME.exec(name)?.[1] !== undefined;
    if (listed.has(name) && !isTemporary) continue;
    const path = join(folder, name);
    const stats = await statOf(path);
    if (stats === undefined) continue;
    if (isTemporary && startedAt - stats.mtimeMs > ABANDONED_MS) {
      await removeFile(path);
      index.forget(name);
    } else if (!listed.has(name)) {
      const used = name.startsWith("named/") ? KEPT : Math.floor(Math.max(stats.atimeMs, stats.mtimeMs));
      unknown.push({ name, used, bytes: spaceOf(stats.size) });
    }
  }
  // The ones used longest ago first, so that they make room for the others if not all fit.
  unknown.sort((a, b) => a.used - b.used);
  for (const file of unknown) {
    if (!(await makeRoom(folder, index, file.bytes, file))) await removeFile(join(folder, file.name));
  }
  for (const file of listed.values()) {
    // What is younger than this look may not have been there when it began.
    if (!there.has(file.name) && (file.used < startedAt || file.used === KEPT)) index.remove(file);
  }
  // The limit may have been lowered since.
  await makeRoom(folder, index, 0);
}

/**
 * Removes the files used longest ago until there is room, and adds one. They are gone from the folder before they are gone
 * from the sum, so the folder never holds more than it may.
 *
 * @returns whether there is room now
 */
async function makeRoom(folder: string, index: DiskIndex, bytes: number, file?: IndexedFile): Promise<boolean> {
  for (;;) {
    const victims = index.victims(bytes);
    if (victims.length === 0) {
      // Another process may take the room first; then some more has to go.
      if (file === undefined || index.add(file, bytes)) return true;
      if (index.victims(bytes).length === 0) return false;
    }
    for (const victim of victims) {
      await removeFile(join(folder, victim.name));
      index.remove(victim);
    }
  }
}

async function filesOf(folder: string): Promise<string[]> {
  const names: string[] = [];
  for (const directory of await readdir(folder, { withFileTypes: true })) {
    if (!directory.isDirectory()) continue;
    for (const entry of await readdir(join(folder, directory.name))) {
      const name = `${directory.name}/${entry}`;
      if (FILE_NAME.test(name)) names.push(name);
    }
  }
  return names;
}

function nameOf(contentHash: Hex): string {
  return `${contentHash.slice(2, 4)}/${contentHash.slice(2)}`;
}

function spaceOf(bytes: number): number {
  return Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES + LINE_BYTES;
}

/** The bytes of a file; `undefined` if there is none, `damaged` if it cannot be what was written. */
async function readFile(path: string, maxSize: number): Promise<Uint8Array<ArrayBuffer> | "damaged" | undefined> {
  let file;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
  try {
    const { size } = await file.stat();
    if (size > maxSize) return "damaged";
    const bytes = new Uint8Array(size);
    let at = 0;
    while (at < size) {
      const { bytesRead } = await file.read(bytes, at, size - at, at);
      if (bytesRead === 0) return "damaged";
      at += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}

async function isThere(path: string): Promise<boolean> {
  return (await statOf(path)) !== undefined;
}

async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return undefined;
    throw error;
  }
}

async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT" && codeOf(error) !== "ENOTDIR") throw error;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
