import type { Address, Hex } from "../../core/index.ts";
import { channelSelection, PAGE_ROWS } from "./channelSelection.ts";
import { COLLECTION_COLUMNS } from "./collectionRow.ts";
import type { PostgresQuery } from "./postgresConnection.ts";
import { bytes, DURABLY } from "./postgresQueries.ts";
import type { ChannelsQuery, DeniedPayer, Order } from "./relayRecords.ts";

/** The statements of `postgresRecords` that the store itself has no use for. */
export interface PostgresRecordQueries {
  /** @param locks what every process holds, and what the one that collects does; as `lockName` makes them */
  readonly running: (locks: readonly [present: string, collecting: string]) => PostgresQuery;
  readonly channels: (query: ChannelsQuery, after: Uint8Array) => PostgresQuery;
  readonly count: PostgresQuery;
  readonly receiptNumbers: (id: Hex) => PostgresQuery;
  readonly receipts: (numbers: readonly string[]) => PostgresQuery;
  readonly collections: (before: number) => PostgresQuery;
  readonly collectionsOf: (channel: Hex) => PostgresQuery;
  readonly denied: PostgresQuery;
  readonly deny: (payer: DeniedPayer) => PostgresQuery;
  readonly allow: (signer: Address) => PostgresQuery;
  readonly placeOrder: (order: Omit<Order, "id">) => PostgresQuery;
}

/** The key of an advisory lock in the view of all locks, which shows its two halves. */
const KEY = "(classid::bigint << 32) | objid::bigint";

/** The statements for the tables in a schema. Its name goes into them as it is. */
export function postgresRecordQueries(schema: string): PostgresRecordQueries {
  return {
    running: ([present, collecting]) => ({
      text: `WITH held AS (
          SELECT pid, ${KEY} AS key FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        ) SELECT application_name, extract(epoch FROM backend_start)::bigint AS since,
            EXISTS (SELECT FROM held AS other WHERE other.pid = held.pid AND key = hashtextextended($2, 0)) AS collects
          FROM held JOIN pg_stat_activity USING (pid) WHERE key = hashtextextended($1, 0) ORDER BY backend_start, pid`,
      values: [present, collecting],
    }),
    channels: (query, after) => ({
      text: `SELECT id, state, version FROM ${schema}.channels
        WHERE id > $1 AND (${channelSelection(query).where}) ORDER BY id LIMIT ${PAGE_ROWS}`,
      values: [after],
    }),
    count: {
      text: `SELECT COUNT(*) AS channels, COUNT(*) FILTER (WHERE session) AS sessions FROM ${schema}.channels`,
    },
    receiptNumbers: (id) => ({
      text: `WITH RECURSIVE log AS (
          SELECT last_receipt AS number FROM ${schema}.channels WHERE id = $1 AND last_receipt > 0
          UNION ALL SELECT previous FROM log JOIN ${schema}.receipts USING (number) WHERE previous > 0
        ) SELECT number FROM log ORDER BY number`,
      values: [bytes(id)],
    }),
    receipts: (numbers) => ({
      text: `SELECT step FROM ${schema}.receipts WHERE number = ANY($1::bigint[]) ORDER BY number`,
      values: [numbers],
    }),
    collections: (before) => ({
      text: `SELECT ${COLLECTION_COLUMNS} FROM ${schema}.collections WHERE nonce < $1 ORDER BY nonce DESC LIMIT ${PAGE_ROWS}`,
      values: [before],
    }),
    collectionsOf: (channel) => ({
      text: `SELECT ${COLLECTION_COLUMNS} FROM ${schema}.collections JOIN ${schema}.collected USING (nonce)
        WHERE channel = $1 ORDER BY nonce`,
      values: [bytes(channel)],
    }),
    denied: { text: `SELECT signer, note, at FROM ${schema}.denied ORDER BY at DESC, signer` },
    deny: ({ at, note, signer }) => ({
      text: `INSERT INTO ${schema}.denied SELECT $1::bytea, $2::text, $3::bigint FROM ${DURABLY}
        ON CONFLICT (signer) DO UPDATE SET note = excluded.note`,
      values: [bytes(signer), note, at],
    }),
    allow: (signer) => ({
      text: `DELETE FROM ${schema}.denied USING ${DURABLY} WHERE signer = $1 RETURNING signer`,
      values: [bytes(signer)],
    }),
    placeOrder: ({ at, channel, type }) => ({
      text: `INSERT INTO ${schema}.orders (type, channel, at)
        SELECT $1::text, $2::bytea, $3::bigint FROM ${DURABLY} RETURNING id`,
      values: [type, channel === undefined ? null : bytes(channel), at],
    }),
  };
}
