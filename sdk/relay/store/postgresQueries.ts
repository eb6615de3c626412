import type { Address, Hex } from "../../core/index.ts";
import type { PostgresQuery } from "./postgresConnection.ts";
import { COLLECTION_COLUMNS } from "./collectionRow.ts";
import type { CollectionRow } from "./collectionRow.ts";
import { encodeReceiptStep } from "./receiptLog.ts";
import type { ChannelFilter, ChannelWrite } from "./relayStore.ts";
import type { TransactionRow } from "./transactionRow.ts";

/** Every statement of the store but the migrations. Each is one transaction, and may be run twice. */
export interface PostgresQueries {
  readonly readChannel: (id: Hex) => PostgresQuery;
  /**
   * @param before how the state that the write came from stands in the database, if it is to be compared
   * @param mark a UUID of this write alone
   */
  readonly writeChannel: (
    write: ChannelWrite,
    before: string | undefined,
    state: string,
    mark: string,
  ) => PostgresQuery;
  readonly listChannels: (filter: ChannelFilter) => PostgresQuery;
  readonly creditTaken: (id: Hex, signer: Address, now: number) => PostgresQuery;
  /** Oldest first. */
  readonly readLog: (id: Hex) => PostgresQuery;
  readonly useChallenge: (id: string, expires: number, mark: string, now: number) => PostgresQuery;
  /** @param fresh taken if there is none of this name */
  readonly secret: (name: string, fresh: Uint8Array) => PostgresQuery;
  readonly highest: (name: string) => PostgresQuery;
  readonly raise: (name: string, value: bigint) => PostgresQuery;
  readonly transactions: PostgresQuery;
  readonly putTransaction: (row: TransactionRow) => PostgresQuery;
  readonly dropTransaction: (nonce: number, collection: CollectionRow | undefined) => PostgresQuery;
  readonly isDenied: (signer: Address) => PostgresQuery;
  readonly orders: PostgresQuery;
  readonly removeOrder: (id: number) => PostgresQuery;
}

const filters = (schema: string): Readonly<Record<ChannelFilter["type"], string>> => ({
  transfers: "transfers",
  idle: "session AND written_at < $1",
  collectable: "collectable",
  collecting: "collecting",
  denied: `session AND signer IN (SELECT signer FROM ${schema}.denied)`,
});

const COLLECTION_PARAMETERS = COLLECTION_COLUMNS.split(", ")
  .map((_column, i) => `$${i + 1}`)
  .join(", ");

/** Makes the statement that it is part of wait for the disk, whatever the server does by itself. */
export const DURABLY = "set_config('synchronous_commit', 'on', true)";

/** The statements for the tables in a schema. Its name goes into them as it is. */
export function postgresQueries(schema: string): PostgresQueries {
  // A connection of a pool may serve other stores too.
  const filtered = filters(schema);
  const name = (statement: string): string => `${schema} ${statement}`;
  return {
    readChannel: (id) => ({
      name: name("read channel"),
      text: `SELECT state, version FROM ${schema}.channels WHERE id = $1`,
      values: [bytes(id)],
    }),
    writeChannel: ({ state: { id, channel, session, transfers }, ...write }, before, state, mark) => ({
      name: name("write channel"),
      text: `SELECT ${schema}.write_channel(
        $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17
      ) AS done`,
      values: [
        bytes(id),
        write.from,
        before,
        mark,
        state,
        bytes(channel.signer),
        session !== undefined,
        transfers.length > 0,
        write.index.taken,
        write.index.takenUntil,
        write.index.funded,
        write.index.collectable,
        write.index.collecting,
        write.now,
        write.log.map((step) => bytes(encodeReceiptStep(step))),
        write.bounds === undefined
          ? undefined
          : [write.bounds.signerTaken, write.bounds.unfundedTaken, write.bounds.signerSessions],
        write.urgency === "durable" ? "on" : "off",
      ],
    }),
    listChannels: (filter) => ({
      name: name(`list ${filter.type}`),
      text: `SELECT state, version FROM ${schema}.channels WHERE ${filtered[filter.type]}`,
      values: filter.type === "idle" ? [filter.before] : [],
    }),
    creditTaken: (id, signer, now) => ({
      name: name("credit taken"),
      text: `SELECT * FROM ${schema}.credit_taken($1, $2, $3)`,
      values: [bytes(id), bytes(signer), now],
    }),
    readLog: (id) => ({
      name: name("read log"),
      text: `WITH RECURSIVE log AS (
          SELECT receipts.* FROM ${schema}.channels JOIN ${schema}.receipts ON number = last_receipt WHERE id = $1
          UNION ALL SELECT receipts.* FROM log JOIN ${schema}.receipts ON receipts.number = log.previous
        ) SELECT step FROM log ORDER BY number`,
      values: [bytes(id)],
    }),
    useChallenge: (id, expires, mark, now) => ({
      name: name("use challenge"),
      text: `SELECT ${schema}.use_challenge($1, $2, $3, $4) AS done`,
      values: [id, expires, mark, now],
    }),
    secret: (of, fresh) => ({
      name: name("secret"),
      // Returns the row that is there, also one that another process wrote a moment ago.
      text: `INSERT INTO ${schema}.secrets SELECT $1::text, $2::bytea FROM ${DURABLY}
        ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING value`,
      values: [of, Buffer.from(fresh)],
    }),
    highest: (of) => ({
      name: name("highest"),
      text: `SELECT value FROM ${schema}.highest WHERE name = $1`,
      values: [of],
    }),
    raise: (of, value) => ({
      name: name("raise"),
      text: `INSERT INTO ${schema}.highest AS known SELECT $1::text, $2::numeric FROM ${DURABLY}
        ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE known.value < excluded.value`,
      values: [of, value],
    }),
    transactions: {
      name: name("transactions"),
      text: `SELECT nonce, hashes, raw, channels, sent_at, facts FROM ${schema}.transactions ORDER BY nonce`,
    },
    putTransaction: ({ nonce, hashes, raw, channels, sentAt, facts }) => ({
      name: name("put transaction"),
      text: `INSERT INTO ${schema}.transactions (nonce, hashes, raw, channels, sent_at, facts)
        SELECT $1::bigint, $2::text, $3::text, $4::text, $5::bigint, $6::text FROM ${DURABLY}
        ON CONFLICT (nonce) DO UPDATE SET hashes = excluded.hashes, raw = excluded.raw,
          channels = excluded.channels, sent_at = excluded.sent_at, facts = excluded.facts`,
      values: [nonce, hashes, raw, channels, sentAt, facts],
    }),
    dropTransaction: (nonce, collection) =>
      collection === undefined
        ? {
            name: name("drop transaction"),
            text: `DELETE FROM ${schema}.transactions WHERE nonce = $1`,
            values: [nonce],
          }
        : {
            name: name("keep collection"),
            text: `WITH gone AS (DELETE FROM ${schema}.transactions WHERE nonce = $1 RETURNING channels),
              touched AS (
                INSERT INTO ${schema}.collected (channel, nonce)
                SELECT decode(substr(aim ->> 0, 3), 'hex'), $1 FROM gone, jsonb_array_elements(channels::jsonb) AS aim
                ON CONFLICT DO NOTHING
              )
              INSERT INTO ${schema}.collections (${COLLECTION_COLUMNS}) VALUES (${COLLECTION_PARAMETERS})
              ON CONFLICT (nonce) DO UPDATE SET (${COLLECTION_COLUMNS}) = ROW (excluded.*)`,
            values: [...collection],
          },
    isDenied: (signer) => ({
      name: name("is denied"),
      text: `SELECT EXISTS (SELECT FROM ${schema}.denied WHERE signer = $1) AS denied`,
      values: [bytes(signer)],
    }),
    orders: {
      name: name("orders"),
      text: `SELECT id, type, channel, at FROM ${schema}.orders ORDER BY id`,
    },
    removeOrder: (id) => ({
      name: name("remove order"),
      text: `DELETE FROM ${schema}.orders WHERE id = $1 RETURNING id`,
      values: [id],
    }),
  };
}

/** A value for a column of bytes. */
export function bytes(hex: Hex): Buffer {
  return Buffer.from(hex.slice(2), "hex");
}
