import { randomBytes } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { bytesToHex, hexToBytes } from "../../core/index.ts";
import type { Hex } from "../../core/index.ts";
import { COLLECTION_COLUMNS } from "./collectionRow.ts";
import type { CollectionRow } from "./collectionRow.ts";
import type { Order } from "./relayRecords.ts";
import type { CreditTaken } from "./relayStore.ts";
import { integer, sqliteStatements } from "./sqliteStatements.ts";
import type { Row } from "./sqliteStatements.ts";
import type { TransactionRow } from "./transactionRow.ts";

/**
 * A channel's row as it crosses to the thread that writes. A list of plain values, with bytes as hex: copying objects and
 * byte arrays to another thread takes several times longer.
 */
export type ChannelRow = [
  id: Hex,
  from: number,
  state: string,
  signer: Hex,
  session: boolean,
  transfers: boolean,
  taken: bigint,
  takenUntil: number,
  funded: boolean,
  collectable: boolean,
  collecting: boolean,
  now: number,
  log: readonly Hex[],
  bounds: CreditTaken | undefined,
];

/** A channel's row as it comes back. */
export interface StoredChannel {
  readonly state: string;
  readonly version: number;
}

/**
 * Everything that the store does to its database, one function an operation, without transactions: the caller groups
 * them. Values are what can cross to another thread.
 */
export interface SqliteOperations {
  readonly readChannel: (id: Hex) => StoredChannel | undefined;
  readonly writeChannel: (...row: ChannelRow) => boolean;
  readonly listChannels: (filter: string, before: number) => StoredChannel[];
  readonly creditTaken: (id: Hex, signer: Hex, now: number) => CreditTaken;
  /** Oldest first. */
  readonly readLog: (id: Hex) => Hex[];
  readonly useChallenge: (id: string, expires: number, now: number) => boolean;
  readonly secret: (name: string) => Uint8Array;
  readonly highest: (name: string) => bigint | undefined;
  readonly raise: (name: string, value: bigint) => void;
  readonly transactions: () => TransactionRow[];
  readonly putTransaction: (row: TransactionRow) => void;
  readonly dropTransaction: (nonce: number, collection: CollectionRow | undefined) => void;
  readonly isDenied: (signer: Hex) => boolean;
  readonly orders: () => Order[];
  /** Whether it was still there. */
  readonly removeOrder: (id: number) => boolean;
}

const FILTERS: Readonly<Record<string, string>> = {
  transfers: "transfers = 1 AND ? >= 0",
  idle: "session = 1 AND written_at < ?",
  collectable: "collectable = 1 AND ? >= 0",
  collecting: "collecting = 1 AND ? >= 0",
  denied: "session = 1 AND signer IN (SELECT signer FROM denied) AND ? >= 0",
};

/** The operations on an open database with the newest schema. */
export function sqliteOperations(database: DatabaseSync): SqliteOperations {
  const { get, all, run, changes } = sqliteStatements(database);

  const creditTaken = (id: Hex, signer: Hex, now: number): CreditTaken => {
    const key = hexToBytes(id);
    const ofSigner = get(
      `SELECT COALESCE(SUM(CASE WHEN taken_until > ? THEN taken ELSE 0 END), 0) AS taken,
              COALESCE(SUM(session), 0) AS sessions
       FROM channels WHERE signer = ? AND id <> ?`,
      now,
      hexToBytes(signer),
      key,
    );
    const unfunded = get(
      "SELECT COALESCE(SUM(taken), 0) AS taken FROM channels WHERE funded = 0 AND id <> ? AND taken_until > ?",
      key,
      now,
    );
    return {
      signerTaken: integer(ofSigner, "taken"),
      unfundedTaken: integer(unfunded, "taken"),
      signerSessions: Number(integer(ofSigner, "sessions")),
    };
  };

  return {
    readChannel: (id) => {
      const row = get("SELECT state, version FROM channels WHERE id = ?", hexToBytes(id));
      return row === undefined ? undefined : storedChannel(row);
    },
    writeChannel(
      id,
      from,
      state,
      signer,
      session,
      transfers,
      taken,
      takenUntil,
      funded,
      collectable,
      collecting,
      now,
      log,
      bounds,
    ) {
      if (bounds !== undefined && !isWithin(creditTaken(id, signer, now), bounds)) return false;
      const key = hexToBytes(id);
      const before = get("SELECT version, last_receipt FROM channels WHERE id = ?", key);
      if (from !== (before === undefined ? 0 : Number(integer(before, "version")))) return false;
      let last = before === undefined ? 0n : integer(before, "last_receipt");
      for (const step of log) {
        const added = run("INSERT INTO receipts (previous, step) VALUES (?, ?)", last, hexToBytes(step));
        last = BigInt(added.lastInsertRowid);
      }
      const plain = [state, taken, takenUntil, now, last, key] as const;
      const indexed = [session, transfers, funded, collectable, collecting].map(Number);
      if (before === undefined) {
        run(
          `INSERT INTO channels (state, taken, taken_until, written_at, last_receipt, id, version,
             session, transfers, funded, collectable, collecting, signer) VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?)`,
          ...plain,
          ...indexed,
          hexToBytes(signer),
        );
        return true;
      }
      // SQLite writes the indexes over all columns that a statement names, changed or not. Most writes change none.
      const isDone = changes(
        `UPDATE channels SET state = ?, taken = ?, taken_until = ?, written_at = ?, last_receipt = ?, version = version + 1
         WHERE id = ? AND session = ? AND transfers = ? AND funded = ? AND collectable = ? AND collecting = ?`,
        ...plain,
        ...indexed,
      );
      if (isDone === 0) {
        run(
          `UPDATE channels SET session = ?, transfers = ?, funded = ?, collectable = ?, collecting = ?,
             state = ?, taken = ?, taken_until = ?, written_at = ?, last_receipt = ?, version = version + 1 WHERE id = ?`,
          ...indexed,
          ...plain,
        );
      }
      return true;
    },
    listChannels: (filter, before) =>
      all(`SELECT state, version FROM channels WHERE ${FILTERS[filter] ?? "FALSE"}`, before).map(storedChannel),
    creditTaken,
    readLog: (id) =>
      all(
        `WITH RECURSIVE log (number, previous, step) AS (
           SELECT receipts.* FROM channels JOIN receipts ON number = last_receipt WHERE id = ?
           UNION ALL SELECT receipts.* FROM log JOIN receipts ON receipts.number = log.previous
         ) SELECT step FROM log ORDER BY number`,
        hexToBytes(id),
      ).map((row) => bytesToHex(row["step"] as Uint8Array)),
    useChallenge(id, expires, now) {
      run("DELETE FROM challenges WHERE expires < ?", now);
      return changes("INSERT INTO challenges VALUES (?, ?) ON CONFLICT DO NOTHING", id, expires) === 1;
    },
    secret(name) {
      run("INSERT INTO secrets VALUES (?, ?) ON CONFLICT DO NOTHING", name, randomBytes(32));
      return get("SELECT value FROM secrets WHERE name = ?", name)?.["value"] as Uint8Array;
    },
    highest: (name) => {
      const row = get("SELECT value FROM highest WHERE name = ?", name);
      return row === undefined ? undefined : fromWord(row["value"] as Uint8Array);
    },
    raise(name, value) {
      // Eight bytes in big-endian order compare as the numbers do; SQLite's own integers end at 2^63.
      run(
        `INSERT INTO highest VALUES (?, ?)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE excluded.value > highest.value`,
        name,
        toWord(value),
      );
    },
    transactions: () =>
      all("SELECT nonce, hashes, raw, channels, sent_at, facts FROM transactions ORDER BY nonce").map((row) => ({
        nonce: Number(integer(row, "nonce")),
        hashes: row["hashes"] as string,
        raw: row["raw"] as string,
        channels: row["channels"] as string,
        sentAt: Number(integer(row, "sent_at")),
        facts: row["facts"] as string,
      })),
    putTransaction({ nonce, hashes, raw, channels, sentAt, facts }) {
      run(
        `INSERT OR REPLACE INTO transactions (nonce, hashes, raw, channels, sent_at, facts) VALUES (?, ?, ?, ?, ?, ?)`,
        ...[nonce, hashes, raw, channels, sentAt, facts],
      );
    },
    dropTransaction(nonce, collection) {
      if (collection !== undefined) {
        const values = collection.map(() => "?").join(", ");
        run(`INSERT OR REPLACE INTO collections (${COLLECTION_COLUMNS}) VALUES (${values})`, ...collection);
        run(
          `INSERT OR IGNORE INTO collected (channel, nonce)
           SELECT unhex(substr(aim.value ->> 0, 3)), nonce FROM transactions, json_each(channels) AS aim WHERE nonce = ?`,
          nonce,
        );
      }
      run("DELETE FROM transactions WHERE nonce = ?", nonce);
    },
    isDenied: (signer) => get("SELECT 1 FROM denied WHERE signer = ?", hexToBytes(signer)) !== undefined,
    orders: () =>
      all("SELECT id, type, channel, at FROM orders ORDER BY id").map((row) => ({
        id: Number(integer(row, "id")),
        type: row["type"] as Order["type"],
        ...(row["channel"] === null ? {} : { channel: bytesToHex(row["channel"] as Uint8Array) }),
        at: Number(integer(row, "at")),
      })),
    removeOrder: (id) => changes("DELETE FROM orders WHERE id = ?", id) === 1,
  };
}

function isWithin(actual: CreditTaken, bounds: CreditTaken): boolean {
  return (
    actual.signerTaken <= bounds.signerTaken &&
    actual.unfundedTaken <= bounds.unfundedTaken &&
    actual.signerSessions <= bounds.signerSessions
  );
}

function storedChannel(row: Row): StoredChannel {
  return { state: row["state"] as string, version: Number(integer(row, "version")) };
}

function toWord(value: bigint): Uint8Array {
  const word = Buffer.alloc(8);
  word.writeBigUInt64BE(value);
  return word;
}

function fromWord(word: Uint8Array): bigint {
  return Buffer.from(word).readBigUInt64BE();
}
