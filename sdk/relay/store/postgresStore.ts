import { randomBytes, randomUUID } from "node:crypto";
import { bytesToHex } from "../../core/index.ts";
import type { Hex } from "../../core/index.ts";
import { decodeRelayChannel, encodeRelayChannel } from "../../exchange/index.ts";
import type { RelayChannel } from "../../exchange/index.ts";
import { insist, storageFailed } from "./postgresConnection.ts";
import type { PostgresPool, PostgresQuery, PostgresResult } from "./postgresConnection.ts";
import { postgresLeases } from "./postgresLeases.ts";
import type { PostgresLease, PostgresLeases } from "./postgresLeases.ts";
import { toCollectionRow } from "./collectionRow.ts";
import { openPlace, schemaOf } from "./postgresPlace.ts";
import type { OpenPlace, PostgresStoreOptions } from "./postgresPlace.ts";
import { postgresQueries } from "./postgresQueries.ts";
import { toOrder, toTransaction } from "./postgresRows.ts";
import { migrate } from "./postgresSchema.ts";
import { decodeReceiptStep } from "./receiptLog.ts";
import type { ChannelRecord, ChannelWrite, Lease, RelayStore } from "./relayStore.ts";
import { toTransactionRow } from "./transactionRow.ts";

interface Running extends OpenPlace {
  readonly leases: PostgresLeases;
}

/**
 * A store in PostgreSQL (14 or newer), for any number of relay processes of one payee on any number of machines: each
 * takes any receipt, and one of them collects. Needs the optional package `pg`. Connections that break are made again;
 * what cannot be done within five seconds rejects with `storage-failed`.
 *
 * What is `durable` waits for the server's disk, and for its synchronous standbys if it has any. A server whose standby
 * takes over without having all of that forgets receipts that were acknowledged: make it a synchronous one.
 *
 * @throws WeirError `malformed-message` that names the option which is wrong
 */
export function postgresStore(place: PostgresStoreOptions): RelayStore {
  const schema = schemaOf(place);
  const queries = postgresQueries(schema);
  /** How states stand in the database, so that a write can name the one that it came from to the letter. */
  const texts = new WeakMap<RelayChannel, string>();
  /** The last write of each channel that has one under way: they are done in the order in which they were asked for. */
  const lanes = new Map<Hex, Promise<unknown>>();
  const underWay = new Set<Promise<unknown>>();
  let running: Running | undefined;

  const ask = async (query: PostgresQuery, since = performance.now()): Promise<PostgresResult["rows"]> => {
    const { pool } = assertRunning();
    const asking = insist(since, async () => (await pool.query(query)).rows);
    underWay.add(asking);
    try {
      return await asking;
    } finally {
      underWay.delete(asking);
    }
  };
  const assertRunning = (): Running => {
    if (running === undefined) throw storageFailed("the store is not started");
    return running;
  };

  const textOf = (state: RelayChannel): string => {
    let text = texts.get(state);
    if (text === undefined) texts.set(state, (text = encodeRelayChannel(state)));
    return text;
  };
  const toRecord = (row: PostgresResult["rows"][number]): ChannelRecord => {
    const text = row["state"] as string;
    const state = decodeRelayChannel(text);
    texts.set(state, text);
    return { state, version: Number(row["version"]) };
  };
  const inLane = async <Result>(id: Hex, work: () => Promise<Result>): Promise<Result> => {
    const done = (lanes.get(id) ?? Promise.resolve()).then(work);
    // Whether it failed is for who asked for it; the next one finds out what the channel is then.
    const over = done.then(
      () => undefined,
      () => undefined,
    );
    lanes.set(id, over);
    try {
      return await done;
    } finally {
      if (lanes.get(id) === over) lanes.delete(id);
    }
  };
  const writeChannel = async (write: ChannelWrite, lease?: PostgresLease): Promise<boolean> => {
    assertRunning();
    const before = write.before === undefined ? undefined : textOf(write.before);
    const query = queries.writeChannel(write, before, textOf(write.state), randomUUID());
    const since = performance.now();
    return inLane(write.state.id, async () => {
      const rows = lease === undefined ? await ask(query, since) : (await lease.query(query)).rows;
      return rows[0]?.["done"] === true;
    });
  };
  const leaseOver = (lease: PostgresLease): Lease => ({
    held: lease.held,
    writeChannel: async (write) => writeChannel(write, lease),
    async putTransaction(transaction) {
      await lease.query(queries.putTransaction(toTransactionRow(transaction)));
    },
    async dropTransaction(nonce, collection) {
      await lease.query(
        queries.dropTransaction(nonce, collection === undefined ? undefined : toCollectionRow(collection)),
      );
    },
    release: lease.release,
  });

  return {
    shared: true,
    async start() {
      if (running !== undefined) return;
      const { close, pool } = await openPlace(place);
      try {
        await insist(performance.now(), async () => migrateOn(pool, schema));
      } catch (error) {
        await close();
        throw error;
      }
      running = { pool, close, leases: postgresLeases(pool, schema) };
    },
    async stop() {
      if (running === undefined) return;
      const { close, leases } = running;
      // Everything that was asked for before is written first.
      while (lanes.size + underWay.size > 0) await Promise.allSettled([...lanes.values(), ...underWay]);
      running = undefined;
      leases.stop();
      await close();
    },

    async readChannel(id) {
      const [row] = await ask(queries.readChannel(id));
      return row === undefined ? undefined : toRecord(row);
    },
    writeChannel: async (write) => writeChannel(write),
    listChannels: async (filter) => (await ask(queries.listChannels(filter))).map(toRecord),
    async creditTaken({ id, channel }, now) {
      const [row] = await ask(queries.creditTaken(id, channel.signer, now));
      return {
        signerTaken: BigInt(row?.["signer_taken"] as string),
        unfundedTaken: BigInt(row?.["unfunded_taken"] as string),
        signerSessions: Number(row?.["signer_sessions"]),
      };
    },
    async readLog(id) {
      const rows = await ask(queries.readLog(id));
      return rows.map((row) => decodeReceiptStep(bytesToHex(row["step"] as Uint8Array)));
    },

    async useChallenge(id, expires, now) {
      const [row] = await ask(queries.useChallenge(id, expires, randomUUID(), now));
      return row?.["done"] === true;
    },
    async secret(name) {
      const [row] = await ask(queries.secret(name, randomBytes(32)));
      return new Uint8Array(row?.["value"] as Buffer);
    },
    async highest(name) {
      const [row] = await ask(queries.highest(name));
      return row === undefined ? undefined : BigInt(row["value"] as string);
    },
    async raise(name, value) {
      await ask(queries.raise(name, value));
    },

    transactions: async () => (await ask(queries.transactions)).map(toTransaction),
    async isDenied(signer) {
      const [row] = await ask(queries.isDenied(signer));
      return row?.["denied"] === true;
    },
    orders: async () => (await ask(queries.orders)).map(toOrder),
    async removeOrder(id) {
      await ask(queries.removeOrder(id));
    },
    async lead(name, onCall) {
      const lease = await assertRunning().leases.lead(name, onCall);
      return lease === undefined ? undefined : leaseOver(lease);
    },
    async call(name) {
      await ask(assertRunning().leases.call(name));
    },
  };
}

async function migrateOn(pool: PostgresPool, schema: string): Promise<void> {
  const client = await pool.connect();
  let done = false;
  try {
    await migrate(client, schema);
    done = true;
  } finally {
    client.release(!done);
  }
}
