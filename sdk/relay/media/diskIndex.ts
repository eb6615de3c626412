import { rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { SQLInputValue, SQLOutputValue } from "node:sqlite";

/** A file of a cache folder. */
export interface IndexedFile {
  /** Path in the folder. */
  readonly name: string;
  /** Milliseconds since the epoch of its last use, or `KEPT`. */
  readonly used: number;
}

/**
 * What is in a cache folder, in order of use, with the space that it takes. It is shared by every process that uses the
 * folder, and its sum holds for all of them. Every call may throw what SQLite throws: no space, a lock, a damaged file.
 */
export interface DiskIndex {
  /** Bytes that all files take. */
  readonly total: () => number;
  readonly list: () => IndexedFile[];
  /** The files used longest ago, up to 256, whose end makes room for so many bytes; none if there is room. */
  readonly victims: (bytes: number) => IndexedFile[];
  /** Adds a file if there is room for it. Returns whether it did. */
  readonly add: (file: IndexedFile, bytes: number) => boolean;
  /** Gives a file another name; one that has this name is replaced. */
  readonly rename: (from: string, to: IndexedFile) => void;
  /** Removes a file, unless it was used again since. */
  readonly remove: (file: IndexedFile) => void;
  readonly forget: (name: string) => void;
  /** Files were used. */
  readonly touch: (files: readonly IndexedFile[]) => void;
  readonly close: () => void;
}

/** The `used` of a file that never makes room for others. */
export const KEPT = Number.MAX_SAFE_INTEGER;

/** Raised with every change of the tables: an index of another version is made anew. */
const VERSION = 1;

/** Milliseconds to wait for another process; each holds the index for much less than one. */
const LOCK_MS = 200;

/** Files that are touched in one transaction: its journal holds every page that they are on. */
const TOUCHES = 32;

const SCHEMA = `
  CREATE TABLE files (name TEXT PRIMARY KEY, bytes INTEGER NOT NULL, used INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX files_used ON files (used);
  CREATE TABLE total (bytes INTEGER NOT NULL);
  INSERT INTO total VALUES (0);
  CREATE TRIGGER added AFTER INSERT ON files BEGIN UPDATE total SET bytes = bytes + NEW.bytes; END;
  CREATE TRIGGER removed AFTER DELETE ON files BEGIN UPDATE total SET bytes = bytes - OLD.bytes; END;
  PRAGMA user_version = ${VERSION};
`;

/**
 * Opens the index of a cache folder. One that is damaged is thrown away: the folder tells what is in it.
 *
 * @param file path of the index
 * @param maxBytes most bytes that the files may take together
 */
export function openDiskIndex(file: string, maxBytes: number): DiskIndex {
  const database = openDatabase(file);
  const run = (sql: string): ((...values: SQLInputValue[]) => void) => {
    const statement = database.prepare(sql);
    return (...values) => void statement.run(...values);
  };
  const total = database.prepare("SELECT bytes FROM total");
  const oldest = database.prepare("SELECT name, bytes, used FROM files WHERE used < ? ORDER BY used LIMIT 256");
  const everything = database.prepare("SELECT name, used FROM files");
  const insert = run("INSERT OR IGNORE INTO files VALUES (?, ?, ?)");
  const remove = run("DELETE FROM files WHERE name = ? AND used = ?");
  const forget = run("DELETE FROM files WHERE name = ?");
  const rename = run("UPDATE files SET name = ?, used = ? WHERE name = ?");
  const use = run("UPDATE files SET used = ? WHERE name = ?");

  const inTransaction = <Value>(work: () => Value): Value => {
    database.exec("BEGIN IMMEDIATE");
    try {
      const value = work();
      database.exec("COMMIT");
      return value;
    } catch (error) {
      if (database.isTransaction) database.exec("ROLLBACK");
      throw error;
    }
  };
  const sum = (): number => numberIn(total.get(), "bytes");

  return {
    total: sum,
    list: () => everything.all().map((row) => ({ name: textIn(row, "name"), used: numberIn(row, "used") })),
    victims(bytes) {
      let excess = sum() + bytes - maxBytes;
      if (excess <= 0) return [];
      const victims: IndexedFile[] = [];
      for (const row of oldest.all(KEPT)) {
        victims.push({ name: textIn(row, "name"), used: numberIn(row, "used") });
        excess -= numberIn(row, "bytes");
        if (excess <= 0) break;
      }
      return victims;
    },
    add: ({ name, used }, bytes) =>
      inTransaction(() => {
        if (sum() + bytes > maxBytes) return false;
        insert(name, bytes, used);
        return true;
      }),
    rename(from, to) {
      inTransaction(() => {
        // A trigger hears of deletions, not of replacements.
        forget(to.name);
        rename(to.name, to.used, from);
      });
    },
    remove({ name, used }) {
      remove(name, used);
    },
    forget,
    touch(files) {
      for (let i = 0; i < files.length; i += TOUCHES) {
        inTransaction(() => {
          for (const { name, used } of files.slice(i, i + TOUCHES)) use(used, name);
        });
      }
    },
    close() {
      database.close();
    },
  };
}

function openDatabase(file: string): DatabaseSync {
  try {
    return openOnce(file);
  } catch (error) {
    if (!isDamaged(error)) throw error;
    for (const suffix of ["", "-journal"]) rmSync(file + suffix, { force: true });
    return openOnce(file);
  }
}

function openOnce(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: LOCK_MS });
  try {
    // What a power failure takes from the index, the folder tells again.
    database.exec("PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = OFF; BEGIN IMMEDIATE");
    const version = numberIn(database.prepare("PRAGMA user_version").get(), "user_version");
    if (version === 0) database.exec(SCHEMA);
    database.exec("COMMIT");
    if (version !== 0 && version !== VERSION) throw new OtherVersion();
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

class OtherVersion extends Error {
  override readonly name = "OtherVersion";
}

function isDamaged(error: unknown): boolean {
  // SQLITE_CORRUPT and SQLITE_NOTADB
  return (
    error instanceof OtherVersion ||
    (error instanceof Error && "errcode" in error && [11, 26].includes(Number(error.errcode)))
  );
}

type Row = Readonly<Record<string, SQLOutputValue>> | undefined;

function numberIn(row: Row, column: string): number {
  return Number(row?.[column]);
}

function textIn(row: Row, column: string): string {
  return String(row?.[column]);
}
