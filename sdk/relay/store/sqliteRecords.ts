import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { bytesToHex, hexToBytes, WeirError } from "../../core/index.ts";
import { decodeRelayChannel } from "../../exchange/index.ts";
import { channelSelection, PAGE_ROWS } from "./channelSelection.ts";
import { COLLECTION_COLUMNS, fromCollectionRow } from "./collectionRow.ts";
import { pages } from "./pages.ts";
import { decodeReceiptStep } from "./receiptLog.ts";
import type { RelayRecords } from "./relayRecords.ts";
import type { ChannelRecord } from "./relayStore.ts";
import { sqliteOperations } from "./sqliteOperations.ts";
import type { SqliteOperations, StoredChannel } from "./sqliteOperations.ts";
import { isHeld } from "./sqliteLock.ts";
import { assertNewest } from "./sqliteSchema.ts";
import { integer, sqliteStatements } from "./sqliteStatements.ts";
import type { SqliteStatements } from "./sqliteStatements.ts";
import { fromTransactionRow } from "./transactionRow.ts";

/** Milliseconds for which a write waits for the relay's, which take one or two. */
const BUSY_MS = 5_000;

interface Opened {
  readonly database: DatabaseSync;
  readonly operations: SqliteOperations;
  readonly statements: SqliteStatements;
}

/**
 * The records of a relay whose store is `sqliteStore(file)`. Reads what is committed, and holds no reading open between
 * two pages, so that the relay's write-ahead log does not grow.
 */
export function sqliteRecords(file: string): RelayRecords {
  let opened: Opened | undefined;

  const attempt = async <Result>(work: (opened: Opened) => Result): Promise<Result> => {
    if (opened === undefined) throw storageFailed("the records are not opened");
    try {
      return await Promise.resolve(work(opened));
    } catch (error) {
      throw WeirError.is(error) ? error : storageFailed(error);
    }
  };

  return {
    async start() {
      if (opened !== undefined) return Promise.resolve();
      if (!existsSync(file)) {
        throw new WeirError("storage-failed", "no relay has made its store there yet", { details: file });
      }
      opened = openDatabase(file);
      return Promise.resolve();
    },
    async stop() {
      opened?.database.close();
      opened = undefined;
      return Promise.resolve();
    },
    running: async () => attempt(() => (isHeld(file) ? [{ collects: true }] : [])),

    async *channels(query = {}) {
      const { after, limit = Infinity } = query;
      const { holds, where } = channelSelection(query);
      const sql = `SELECT id, state, version FROM channels WHERE id > ? AND (${where}) ORDER BY id LIMIT ${PAGE_ROWS}`;
      const first = after === undefined ? new Uint8Array() : hexToBytes(after);
      let left = limit;
      const rows = pages(async (last?: { readonly id: Uint8Array; readonly record: ChannelRecord }) =>
        attempt(({ statements }) =>
          statements.all(sql, last?.id ?? first).map((row) => ({
            id: row["id"] as Uint8Array,
            record: toRecord({ state: row["state"] as string, version: Number(integer(row, "version")) }),
          })),
        ),
      );
      if (left <= 0) return;
      for await (const { record } of rows) {
        if (!holds(record.state)) continue;
        yield record;
        if (--left <= 0) return;
      }
    },
    readChannel: async (id) =>
      attempt(({ operations }) => {
        const stored = operations.readChannel(id);
        return stored === undefined ? undefined : toRecord(stored);
      }),
    count: async () =>
      attempt(({ statements }) => {
        const row = statements.get("SELECT COUNT(*) AS channels, COALESCE(SUM(session), 0) AS sessions FROM channels");
        return { channels: Number(integer(row, "channels")), sessions: Number(integer(row, "sessions")) };
      }),
    async *receipts(id) {
      const numbers = await attempt(({ statements }) => receiptNumbers(statements, id));
      for (let at = 0; at < numbers.length; at += PAGE_ROWS) {
        const page = numbers.slice(at, at + PAGE_ROWS);
        const steps = await attempt(({ statements }) =>
          page.map((number) => statements.get("SELECT step FROM receipts WHERE number = ?", number)?.["step"]),
        );
        for (const step of steps) yield decodeReceiptStep(bytesToHex(step as Uint8Array));
      }
    },
    countReceipts: async (id) => attempt(({ statements }) => receiptNumbers(statements, id).length),
    highest: async (name) => attempt(({ operations }) => operations.highest(name)),
    transactions: async () => attempt(({ operations }) => operations.transactions().map(fromTransactionRow)),
    collections: () =>
      pages(async (last) =>
        attempt(({ statements }) =>
          statements
            .all(
              `SELECT ${COLLECTION_COLUMNS} FROM collections WHERE nonce < ? ORDER BY nonce DESC LIMIT ${PAGE_ROWS}`,
              last?.nonce ?? Number.MAX_SAFE_INTEGER,
            )
            .map(fromCollectionRow),
        ),
      ),
    collectionsOf: async (channel) =>
      attempt(({ statements }) =>
        statements
          .all(
            `SELECT ${COLLECTION_COLUMNS} FROM collections JOIN collected USING (nonce) WHERE channel = ? ORDER BY nonce`,
            hexToBytes(channel),
          )
          .map(fromCollectionRow),
      ),

    denied: async () =>
      attempt(({ statements }) =>
        statements.all("SELECT signer, note, at FROM denied ORDER BY at DESC, signer").map((row) => ({
          signer: bytesToHex(row["signer"] as Uint8Array),
          note: row["note"] as string,
          at: Number(integer(row, "at")),
        })),
      ),
    deny: async ({ at, note, signer }) =>
      attempt(({ statements }) => {
        statements.run(
          "INSERT INTO denied VALUES (?, ?, ?) ON CONFLICT (signer) DO UPDATE SET note = excluded.note",
          ...[hexToBytes(signer), note, at],
        );
      }),
    allow: async (signer) =>
      attempt(({ statements }) => statements.changes("DELETE FROM denied WHERE signer = ?", hexToBytes(signer)) === 1),

    orders: async () => attempt(({ operations }) => operations.orders()),
    placeOrder: async ({ at, channel, type }) =>
      attempt(({ statements }) => {
        const values = [type, channel === undefined ? null : hexToBytes(channel), at];
        return Number(
          statements.run("INSERT INTO orders (type, channel, at) VALUES (?, ?, ?)", ...values).lastInsertRowid,
        );
      }),
    removeOrder: async (id) => attempt(({ operations }) => operations.removeOrder(id)),
  };
}

function openDatabase(file: string): Opened {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { timeout: BUSY_MS });
    database.exec("PRAGMA synchronous = FULL");
    assertNewest(database);
    return { database, operations: sqliteOperations(database), statements: sqliteStatements(database) };
  } catch (error) {
    database?.close();
    throw WeirError.is(error) ? error : new WeirError("storage-failed", undefined, { details: file, cause: error });
  }
}

/** The numbers of a channel's receipts, oldest first. Receipts never change, so what they name can be read later. */
function receiptNumbers(statements: SqliteStatements, id: `0x${string}`): bigint[] {
  return statements
    .all(
      `WITH RECURSIVE log (number) AS (
         SELECT last_receipt FROM channels WHERE id = ? AND last_receipt > 0
         UNION ALL SELECT previous FROM log JOIN receipts USING (number) WHERE previous > 0
       ) SELECT number FROM log ORDER BY number`,
      hexToBytes(id),
    )
    .map((row) => integer(row, "number"));
}

function toRecord({ state, version }: StoredChannel): ChannelRecord {
  return { state: decodeRelayChannel(state), version };
}

function storageFailed(cause: unknown): WeirError {
  return new WeirError("storage-failed", undefined, { details: String(cause), cause });
}
