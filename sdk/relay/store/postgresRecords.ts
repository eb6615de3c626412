import { bytesToHex } from "../../core/index.ts";
import { decodeRelayChannel } from "../../exchange/index.ts";
import { channelSelection, PAGE_ROWS } from "./channelSelection.ts";
import { fromCollectionRow } from "./collectionRow.ts";
import { pages } from "./pages.ts";
import { insist, storageFailed } from "./postgresConnection.ts";
import type { PostgresQuery, PostgresResult } from "./postgresConnection.ts";
import { lockName, PRESENT, processOf } from "./postgresLeases.ts";
import { openPlace, schemaOf } from "./postgresPlace.ts";
import type { OpenPlace, PostgresStoreOptions } from "./postgresPlace.ts";
import { postgresQueries } from "./postgresQueries.ts";
import { postgresRecordQueries } from "./postgresRecordQueries.ts";
import { toOrder, toTransaction } from "./postgresRows.ts";
import { assertNewest } from "./postgresSchema.ts";
import { decodeReceiptStep } from "./receiptLog.ts";
import type { RelayRecords } from "./relayRecords.ts";
import type { ChannelRecord } from "./relayStore.ts";

type Row = PostgresResult["rows"][number];

/**
 * The records of relays whose store is `postgresStore` with the same options.
 *
 * @throws WeirError `malformed-message` that names the option which is wrong
 */
export function postgresRecords(place: PostgresStoreOptions): RelayRecords {
  const schema = schemaOf(place);
  const shared = postgresQueries(schema);
  const own = postgresRecordQueries(schema);
  let opened: OpenPlace | undefined;

  const ask = async (query: PostgresQuery): Promise<readonly Row[]> => {
    if (opened === undefined) throw storageFailed("the records are not opened");
    const { pool } = opened;
    return insist(performance.now(), async () => (await pool.query(query)).rows);
  };

  return {
    async start() {
      if (opened !== undefined) return;
      const opening = await openPlace(place);
      try {
        await insist(performance.now(), async () => assertNewest(opening.pool, schema));
      } catch (error) {
        await opening.close();
        throw error;
      }
      opened = opening;
    },
    async stop() {
      const closing = opened;
      opened = undefined;
      await closing?.close();
    },
    async running() {
      const rows = await ask(own.running([lockName(schema, PRESENT), lockName(schema, "collecting")]));
      return rows.map((row) => ({
        collects: row["collects"] === true,
        process: processOf(row["application_name"] as string),
        since: Number(row["since"]),
      }));
    },

    async *channels(query = {}) {
      const { after, limit = Infinity } = query;
      const { holds } = channelSelection(query);
      const first = after === undefined ? Buffer.alloc(0) : Buffer.from(after.slice(2), "hex");
      let left = limit;
      if (left <= 0) return;
      const rows = pages(async (last?: Row) => ask(own.channels(query, (last?.["id"] as Buffer | undefined) ?? first)));
      for await (const row of rows) {
        const record = toRecord(row);
        if (!holds(record.state)) continue;
        yield record;
        if (--left <= 0) return;
      }
    },
    async readChannel(id) {
      const [row] = await ask(shared.readChannel(id));
      return row === undefined ? undefined : toRecord(row);
    },
    async count() {
      const [row] = await ask(own.count);
      return { channels: Number(row?.["channels"]), sessions: Number(row?.["sessions"]) };
    },
    async *receipts(id) {
      const numbers = (await ask(own.receiptNumbers(id))).map((row) => row["number"] as string);
      for (let at = 0; at < numbers.length; at += PAGE_ROWS) {
        const rows = await ask(own.receipts(numbers.slice(at, at + PAGE_ROWS)));
        for (const row of rows) yield decodeReceiptStep(bytesToHex(row["step"] as Uint8Array));
      }
    },
    countReceipts: async (id) => (await ask(own.receiptNumbers(id))).length,
    async highest(name) {
      const [row] = await ask(shared.highest(name));
      return row === undefined ? undefined : BigInt(row["value"] as string);
    },
    transactions: async () => (await ask(shared.transactions)).map(toTransaction),
    collections: () =>
      pages(async (last) =>
        (await ask(own.collections(last?.nonce ?? Number.MAX_SAFE_INTEGER))).map(fromCollectionRow),
      ),
    collectionsOf: async (channel) => (await ask(own.collectionsOf(channel))).map(fromCollectionRow),

    denied: async () =>
      (await ask(own.denied)).map((row) => ({
        signer: bytesToHex(row["signer"] as Uint8Array),
        note: row["note"] as string,
        at: Number(row["at"]),
      })),
    async deny(payer) {
      await ask(own.deny(payer));
    },
    allow: async (signer) => (await ask(own.allow(signer))).length === 1,

    orders: async () => (await ask(shared.orders)).map(toOrder),
    placeOrder: async (order) => Number((await ask(own.placeOrder(order)))[0]?.["id"]),
    removeOrder: async (id) => (await ask(shared.removeOrder(id))).length === 1,
  };
}

function toRecord(row: Row): ChannelRecord {
  return { state: decodeRelayChannel(row["state"] as string), version: Number(row["version"]) };
}
