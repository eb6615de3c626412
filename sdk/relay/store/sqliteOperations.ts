import { randomBytes } from "node:crypto";
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite";
import type { CreditTaken } from "./relayStore.ts";

/** A channel's row as it crosses to the thread that writes. */
export interface ChannelRow {
  readonly id: Uint8Array;
  readonly from: number;
  /** JSON of the state. */
  readonly state: string;
  readonly signer: Uint8Array;
  readonly session: boolean;
  readonly transfers: boolean;
  readonly taken: bigint;
  readonly takenUntil: number;
  readonly funded: boolean;
  readonly collectable: boolean;
  readonly collecting: boolean;
  readonly log: readonly Uint8Array[];
  readonly bounds: CreditTaken | undefined;
  readonly now: number;
}

/** A channel's row as it comes back. */
export interface StoredChannel {
  readonly state: string;
  readonly version: number;
}

/** A transaction's row. */
export interface TransactionRow {
  readonly nonce: number;
  readonly hashes: string;
  readonly raw: string;
  readonly channels: string;
  readonly sentAt: number;
}

type Row = Record<string, SQLOutputValue>;

/**
 * Everything that the store does to its database, one function an operation, without transactions: the caller groups
 * them. Values are what can cross to another thread.
 */
export interface SqliteOperations {
  readonly readChannel: (id: Uint8Array) => StoredChannel | undefined;
  readonly writeChannel: (row: ChannelRow) => boolean;
  readonly listChannels: (filter: string, before: number) => StoredChannel[];
  readonly creditTaken: (id: Uint8Array, signer: Uint8Array, now: number) => CreditTaken;
  readonly readLog: (id: Uint8Array) => Uint8Array[];
  readonly useChallenge: (id: string, expires: number, now: number) => boolean;
  readonly secret: (name: string) => Uint8Array;
  readonly highest: (name: string) => bigint | undefined;
  readonly raise: (name: string, value: bigint) => void;
  readonly transactions: () => TransactionRow[];
  readonly putTransaction: (row: TransactionRow) => void;
  readonly dropTransaction: (nonce: number) => void;
}

const FILTERS: Readonly<Record<string, string>> = {
  transfers: "transfers = 1 AND ? >= 0",
  idle: "session = 1 AND written_at < ?",
  collectable: "collectable = 1 AND ? >= 0",
  collecting: "collecting = 1 AND ? >= 0",
};

/** The operations on an open database with the newest schema. */
export function sqliteOperations(database: DatabaseSync): SqliteOperations {
  const prepared = new Map<string, StatementSync>();
  const prepare = (sql: string): StatementSync => {
    let statement = prepared.get(sql);
    if (statement === undefined) {
      statement = database.prepare(sql);
      statement.setReadBigInts(true);
      prepared.set(sql, statement);
    }
    return statement;
  };
  const get = (sql: string, ...values: SQLInputValue[]): Row | undefined => prepare(sql).get(...values);
  const run = (sql: string, ...values: SQLInputValue[]): bigint => BigInt(prepare(sql).run(...values).changes);

  const creditTaken = (id: Uint8Array, signer: Uint8Array, now: number): CreditTaken => {
    const ofSigner = get(
      `SELECT COALESCE(SUM(CASE WHEN taken_until > ? THEN taken ELSE 0 END), 0) AS taken,
              COALESCE(SUM(session), 0) AS sessions
       FROM channels WHERE signer = ? AND id <> ?`,
      now,
      signer,
      id,
    );
    const unfunded = get(
      "SELECT COALESCE(SUM(taken), 0) AS taken FROM channels WHERE funded = 0 AND id <> ? AND taken_until > ?",
      id,
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
      const row = get("SELECT state, version FROM channels WHERE id = ?", id);
      return row === undefined ? undefined : storedChannel(row);
    },
    writeChannel(row) {
      if (row.bounds !== undefined && !isWithin(creditTaken(row.id, row.signer, row.now), row.bounds)) return false;
      const columns = [
        row.state,
        Number(row.session),
        Number(row.transfers),
        row.taken,
        row.takenUntil,
        Number(row.funded),
        Number(row.collectable),
        Number(row.collecting),
        row.now,
      ] as const;
      const changes =
        row.from === 0
          ? run(
              `INSERT INTO channels (state, session, transfers, taken, taken_until, funded, collectable, collecting,
                 written_at, id, signer, version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1) ON CONFLICT DO NOTHING`,
              ...columns,
              row.id,
              row.signer,
            )
          : run(
              `UPDATE channels SET state = ?, session = ?, transfers = ?, taken = ?, taken_until = ?, funded = ?,
                 collectable = ?, collecting = ?, written_at = ?, version = version + 1 WHERE id = ? AND version = ?`,
              ...columns,
              row.id,
              row.from,
            );
      if (changes === 0n) return false;
      for (const step of row.log) run("INSERT INTO receipts (channel, step) VALUES (?, ?)", row.id, step);
      return true;
    },
    listChannels: (filter, before) =>
      prepare(`SELECT state, version FROM channels WHERE ${FILTERS[filter] ?? "FALSE"}`)
        .all(before)
        .map(storedChannel),
    creditTaken,
    readLog: (id) =>
      prepare("SELECT step FROM receipts WHERE channel = ? ORDER BY rowid")
        .all(id)
        .map((row) => row["step"] as Uint8Array),
    useChallenge(id, expires, now) {
      run("DELETE FROM challenges WHERE expires < ?", now);
      return run("INSERT INTO challenges VALUES (?, ?) ON CONFLICT DO NOTHING", id, expires) === 1n;
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
      prepare("SELECT nonce, hashes, raw, channels, sent_at FROM transactions ORDER BY nonce")
        .all()
        .map((row) => ({
          nonce: Number(integer(row, "nonce")),
          hashes: row["hashes"] as string,
          raw: row["raw"] as string,
          channels: row["channels"] as string,
          sentAt: Number(integer(row, "sent_at")),
        })),
    putTransaction({ nonce, hashes, raw, channels, sentAt }) {
      run("INSERT OR REPLACE INTO transactions VALUES (?, ?, ?, ?, ?)", nonce, hashes, raw, channels, sentAt);
    },
    dropTransaction(nonce) {
      run("DELETE FROM transactions WHERE nonce = ?", nonce);
    },
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

function integer(row: Row | undefined, column: string): bigint {
  return row?.[column] as bigint;
}

function toWord(value: bigint): Uint8Array {
  const word = Buffer.alloc(8);
  word.writeBigUInt64BE(value);
  return word;
}

function fromWord(word: Uint8Array): bigint {
  return Buffer.from(word).readBigUInt64BE();
}
