import type { DatabaseSync } from "node:sqlite";
import { WeirError } from "../../core/index.ts";

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
];

/**
 * Brings a database to the newest schema.
 *
 * @throws WeirError `storage-failed` if a newer program wrote it
 */
export function migrate(database: DatabaseSync): void {
  database.exec("CREATE TABLE IF NOT EXISTS migrations (version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL)");
  const row = database.prepare("SELECT COALESCE(MAX(version), 0) AS version FROM migrations").get();
  const applied = Number(row?.["version"]);
  if (applied > MIGRATIONS.length) {
    throw new WeirError("storage-failed", "a newer version of this software wrote the store", {
      details: `its schema is ${applied}, this version knows ${MIGRATIONS.length}`,
    });
  }
  for (const [i, sql] of MIGRATIONS.entries()) {
    if (i < applied) continue;
    database.exec("BEGIN IMMEDIATE");
    database.exec(sql);
    database.prepare("INSERT INTO migrations VALUES (?, unixepoch())").run(i + 1);
    database.exec("COMMIT");
  }
}
