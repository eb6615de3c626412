import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { WeirError } from "../../core/index.ts";

/** Milliseconds for which a relay waits for the lock: whoever only asks whether it is held has it for a moment. */
const LOCK_MS = 500;

/** SQLite's code for what another connection holds. */
const SQLITE_BUSY = 5;

/**
 * Takes the lock of a store. The operating system takes it back when the process ends, however it ends.
 *
 * @param file the database, which the lock lies beside
 * @returns what holds it; close it to give it up
 * @throws WeirError `storage-failed` if another process has it
 */
export function takeLock(file: string): DatabaseSync {
  const lock = new DatabaseSync(lockOf(file), { timeout: LOCK_MS });
  try {
    lock.exec("BEGIN EXCLUSIVE");
  } catch (cause) {
    lock.close();
    throw new WeirError("storage-failed", "another process uses the store", { details: file, cause });
  }
  return lock;
}

/** Whether a process holds the lock of a store. */
export function isHeld(file: string): boolean {
  if (!existsSync(lockOf(file))) return false;
  const lock = new DatabaseSync(lockOf(file), { readOnly: true, timeout: 0 });
  try {
    lock.prepare("SELECT COUNT(*) FROM sqlite_master").get();
    return false;
  } catch (error) {
    if (error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY) return true;
    throw error;
  } finally {
    lock.close();
  }
}

function lockOf(file: string): string {
  return `${file}-lock`;
}
