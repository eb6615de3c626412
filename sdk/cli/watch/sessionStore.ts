import { closeSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { ViewerStore } from "../../viewer/index.ts";

/** What a viewer remembers of one session, in a file. One process has it at a time, as a channel has one writer. */
export interface SessionStore extends ViewerStore {
  readonly close: () => void;
}

/**
 * Opens the store of a session, or makes it. Everything that was set is on disk.
 *
 * @returns undefined if another process has it; the operating system frees it when that one ends, however it ends
 */
export function openSessionStore(file: string): SessionStore | undefined {
  // SQLite gives its side files the mode of the database.
  closeSync(openSync(file, "a", 0o600));
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec("PRAGMA locking_mode = EXCLUSIVE");
    database.exec("PRAGMA journal_mode = WAL");
    database.exec("PRAGMA synchronous = FULL");
    database.exec("BEGIN EXCLUSIVE");
    database.exec("CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID");
    database.exec("COMMIT");
  } catch (error) {
    database.close();
    if (isBusy(error)) return undefined;
    throw error;
  }
  const list = database.prepare("SELECT key, value FROM entries WHERE substr(key, 1, length(?)) = ? ORDER BY key");
  const set = database.prepare(
    "INSERT INTO entries VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
  );
  const remove = database.prepare("DELETE FROM entries WHERE key = ?");
  return {
    entries: async (prefix) =>
      settled(() => list.all(prefix, prefix).map(({ key, value }) => [String(key), String(value)] as const)),
    set: async (key, value) => settled(() => void set.run(key, value)),
    delete: async (key) => settled(() => void remove.run(key)),
    close() {
      database.close();
    },
  };
}

/** What SQLite answers at once, as a promise. */
async function settled<Value>(work: () => Value): Promise<Value> {
  return new Promise((resolve) => {
    resolve(work());
  });
}

/** SQLITE_BUSY, extended codes included. */
function isBusy(error: unknown): boolean {
  return (
    error instanceof Error && "errcode" in error && typeof error.errcode === "number" && (error.errcode & 0xff) === 5
  );
}
