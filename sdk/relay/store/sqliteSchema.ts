import type { DatabaseSync } from "node:sqlite";
import { WeirError } from "../../core/index.ts";
import { assertCurrent, assertNotNewer } from "./schemaVersion.ts";

/**
 * Every version of the schema: what to run to get there from the one before. Only ever appended to.
 *
 * Receipts are the rows that come by the thousand. Each names the one of its channel before it (0 for the first), and the
 * channel names the last: an index over channels would make every receipt write a page of its own somewhere in the file.
 */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE channels (
    id BLOB NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    signer BLOB NOT NULL,
    session INTEGER NOT NULL,
    transfers INTEGER NOT NULL,
    taken INTEGER NOT NULL,
    taken_until INTEGER NOT NULL,
    funded INTEGER NOT NULL,
    collectable INTEGER NOT NULL,
    collecting INTEGER NOT NULL,
    written_at INTEGER NOT NULL,
    last_receipt INTEGER NOT NULL
  );
  CREATE INDEX channels_signer ON channels (signer);
  CREATE INDEX channels_session ON channels (session) WHERE session = 1;
  CREATE INDEX channels_transfers ON channels (transfers) WHERE transfers = 1;
  CREATE INDEX channels_unfunded ON channels (funded) WHERE funded = 0;
  CREATE INDEX channels_collectable ON channels (collectable) WHERE collectable = 1;
  CREATE INDEX channels_collecting ON channels (collecting) WHERE collecting = 1;
  CREATE TABLE receipts (number INTEGER PRIMARY KEY, previous INTEGER NOT NULL, step BLOB NOT NULL);
  CREATE TABLE challenges (id TEXT PRIMARY KEY, expires INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX challenges_expires ON challenges (expires);
  CREATE TABLE secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
  CREATE TABLE highest (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
  CREATE TABLE transactions (
    nonce INTEGER PRIMARY KEY,
    hashes TEXT NOT NULL,
    raw TEXT NOT NULL,
    channels TEXT NOT NULL,
    sent_at INTEGER NOT NULL
  );
  `,
  `
  ALTER TABLE transactions ADD COLUMN facts TEXT NOT NULL DEFAULT '{}';
  CREATE TABLE collections (
    nonce INTEGER PRIMARY KEY,
    hash TEXT,
    reason TEXT NOT NULL,
    block INTEGER NOT NULL,
    mined_at INTEGER NOT NULL,
    gas_used TEXT NOT NULL,
    gas_price TEXT NOT NULL,
    cost TEXT NOT NULL,
    value TEXT NOT NULL,
    funds INTEGER NOT NULL,
    settles INTEGER NOT NULL,
    closes INTEGER NOT NULL,
    alone TEXT NOT NULL
  );
  CREATE TABLE collected (channel BLOB NOT NULL, nonce INTEGER NOT NULL, PRIMARY KEY (channel, nonce)) WITHOUT ROWID;
  CREATE TABLE denied (signer BLOB PRIMARY KEY, note TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE orders (id INTEGER PRIMARY KEY AUTOINCREMENT, type TEXT NOT NULL, channel BLOB, at INTEGER NOT NULL);
  `,
];

/**
 * Brings a database to the newest schema.
 *
 * @throws WeirError `storage-failed` if a newer program wrote it
 */
export function migrate(database: DatabaseSync): void {
  database.exec("CREATE TABLE IF NOT EXISTS migrations (version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL)");
  const applied = appliedVersion(database);
  assertNotNewer(applied, MIGRATIONS.length);
  for (const [i, sql] of MIGRATIONS.entries()) {
    if (i < applied) continue;
    database.exec("BEGIN IMMEDIATE");
    database.exec(sql);
    database.prepare("INSERT INTO migrations VALUES (?, unixepoch())").run(i + 1);
    database.exec("COMMIT");
  }
}

/**
 * Makes sure that a database has the newest schema, and changes nothing.
 *
 * @throws WeirError `storage-failed` if another version of this software wrote it, or none did
 */
export function assertNewest(database: DatabaseSync): void {
  const isStore = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'migrations'").get() !== undefined;
  assertCurrent(isStore ? appliedVersion(database) : 0, MIGRATIONS.length);
}

/**
 * Makes sure that a database is a store which this version can bring up to date.
 *
 * @throws WeirError `storage-failed` if it is none, or a newer program wrote it
 */
export function assertReadable(database: DatabaseSync): void {
  const isStore = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'migrations'").get() !== undefined;
  if (!isStore) throw new WeirError("storage-failed", "the file is no store of a relay");
  assertNotNewer(appliedVersion(database), MIGRATIONS.length);
}

function appliedVersion(database: DatabaseSync): number {
  const row = database.prepare("SELECT COALESCE(MAX(version), 0) AS version FROM migrations").get();
  return Number(row?.["version"]);
}
