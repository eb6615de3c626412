import { chmodSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync } from "node:fs";
import { copyFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { backup, DatabaseSync } from "node:sqlite";
import { WeirError } from "../../core/index.ts";
import { takeLock } from "./sqliteLock.ts";
import { assertReadable } from "./sqliteSchema.ts";

/** What a copy of a store holds. */
export interface BackupFacts {
  readonly channels: number;
  readonly receipts: number;
}

/** All pages in one step: between two steps the relay would write, and then the copying begins anew. */
const ALL_PAGES = 2 ** 31 - 1;

/**
 * Copies a SQLite store, also while a relay writes to it: the copy is the store of one moment. It is checked, readable by
 * its owner alone, and on disk when this resolves; a file of that name is replaced only then.
 *
 * @throws WeirError `storage-failed`
 */
export async function backupSqlite(file: string, target: string): Promise<BackupFacts> {
  if (!existsSync(file)) throw failed("no relay has made its store there yet", file);
  return replaceBy(target, async (partial) => {
    const source = new DatabaseSync(file, { readOnly: true });
    try {
      await backup(source, partial, { rate: ALL_PAGES });
    } finally {
      source.close();
    }
  });
}

/**
 * Puts a backup in the place of a store that no relay uses, with new secrets, so that viewers open their sessions again and
 * bring what came after the backup. What was there is kept under `aside`.
 *
 * @param aside absent if there must be nothing yet
 * @throws WeirError `storage-failed` if a relay runs, if the backup is damaged, or if a store is there and `aside` is absent
 */
export async function restoreSqlite(from: string, file: string, aside?: string): Promise<BackupFacts> {
  if (!existsSync(from)) throw failed("there is no such backup", from);
  mkdirSync(dirname(file), { recursive: true });
  const lock = takeLock(file);
  try {
    if (existsSync(file)) {
      if (aside === undefined) throw failed("there is a store already", file);
      // A log beside the file belongs to it: folded in here, or the restored one would be taken for its base.
      foldLog(file);
      await copyFile(file, aside);
    }
    for (const side of ["-wal", "-shm"]) await rm(`${file}${side}`, { force: true });
    return await replaceBy(file, async (partial) => {
      await copyFile(from, partial);
      endSessions(partial);
    });
  } finally {
    lock.close();
  }
}

/** Writes a file beside the target, checks it as a store, and moves it there. */
async function replaceBy(target: string, write: (partial: string) => Promise<unknown>): Promise<BackupFacts> {
  const partial = `${target}.tmp`;
  await rm(partial, { force: true });
  try {
    closeSync(openSync(partial, "wx", 0o600));
    await write(partial);
    chmodSync(partial, 0o600);
    const facts = checkStore(partial);
    synchronize(partial);
    await rename(partial, target);
    synchronize(dirname(target));
    return facts;
  } catch (error) {
    for (const side of ["", "-wal", "-shm"]) await rm(`${partial}${side}`, { force: true });
    throw WeirError.is(error) ? error : failed("the copy was not made", target, error);
  }
}

/** Opens a copy as a relay would, and lets SQLite look at every page. */
function checkStore(file: string): BackupFacts {
  const database = new DatabaseSync(file);
  try {
    const problems = database.prepare("PRAGMA integrity_check").all();
    const verdict = problems[0]?.["integrity_check"];
    if (verdict !== "ok") throw failed(`the copy is damaged: ${String(verdict)}`, file);
    assertReadable(database);
    const count = (table: string): number =>
      Number(database.prepare(`SELECT COUNT(*) AS rows FROM ${table}`).get()?.["rows"]);
    const facts = { channels: count("channels"), receipts: count("receipts") };
    // One file alone, without a log beside it.
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    return facts;
  } finally {
    database.close();
  }
}

/**
 * Makes every token of before worth nothing. A viewer whose session went on would take the relay to hold what it sent since
 * the backup; one that opens its session again brings its receipt and funding along.
 */
function endSessions(file: string): void {
  const database = new DatabaseSync(file);
  try {
    assertReadable(database);
    database.exec("DELETE FROM secrets");
  } finally {
    database.close();
  }
}

function foldLog(file: string): void {
  const database = new DatabaseSync(file);
  try {
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  } finally {
    database.close();
  }
}

/** Makes a file, or the names in a folder, outlive a power failure. */
function synchronize(path: string): void {
  const opened = openSync(path, "r");
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}

function failed(message: string, file: string, cause?: unknown): WeirError {
  if (cause === undefined) return new WeirError("storage-failed", message, { details: file });
  const reason = cause instanceof Error ? cause.message : "an unknown reason";
  return new WeirError("storage-failed", message, { details: `${file}: ${reason}`, cause });
}
