import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import pg from "pg";
import { channelId, domainSeparator, nobleSecp256k1, WeirError } from "../../sdk/core/index.ts";
import { defaultRelayPolicy, newRelayChannel } from "../../sdk/exchange/index.ts";
import { openChannels } from "../../sdk/relay/channels.ts";
import type { Channels } from "../../sdk/relay/channels.ts";
import { openPresence } from "../../sdk/relay/presence.ts";
import type { Presence } from "../../sdk/relay/presence.ts";
import { postgresRecords, postgresStore } from "../../sdk/relay/index.ts";
import type { Lease, PostgresPool, RelayStore } from "../../sdk/relay/index.ts";
import { errorCode } from "../helpers/errorCode.ts";
import { startPostgres } from "../helpers/postgresServer.ts";
import type { PostgresServer } from "../helpers/postgresServer.ts";
import { paperDomain } from "../helpers/relayFixture.ts";
import { eventually } from "../helpers/stage.ts";
import { channelOf, hex, NOW, stepOf, write } from "../helpers/storeFixture.ts";
import { MIB, SESSION, signerCredit, startStoreProcess, toPlainChannel } from "../helpers/storeProcess.ts";
import type { StoreProcess } from "../helpers/storeProcess.ts";
import { describeRecords, firstVersion } from "../sdk/relay/recordsContract.ts";
import type { RecordsPlace } from "../sdk/relay/recordsContract.ts";
import { describeStore } from "../sdk/relay/storeContract.ts";

describe("PostgreSQL", function () {
  this.timeout(60_000);

  let server: PostgresServer;
  let admin: pg.Pool;
  let schema: string;
  const stores = new Set<RelayStore>();

  before(async () => {
    // The worst server: it waits for its disk only where it is told to, and writes by itself as late as it can.
    server = await startPostgres(["synchronous_commit=off", "wal_writer_delay=10s"]);
    admin = new pg.Pool({ connectionString: server.url, max: 2 });
    admin.on("error", () => undefined);
  });
  after(async () => {
    await admin.end();
    await server.remove();
  });
  beforeEach(() => {
    schema = `weir_${randomBytes(4).toString("hex")}`;
  });
  afterEach(async () => {
    await Promise.all([...stores].map(async (store) => store.stop()));
    stores.clear();
    await admin.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
  });

  const make = (): RelayStore => {
    const store = postgresStore({ connectionString: server.url, schema, maxConnections: 6 });
    stores.add(store);
    return store;
  };
  const open = async (): Promise<RelayStore> => {
    const store = make();
    await store.start();
    return store;
  };
  const breakConnections = async (): Promise<void> => {
    await admin.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'weir relay%'",
    );
  };
  const lead = async (store: RelayStore): Promise<Lease> =>
    eventually("the right is free", async () => store.lead("collecting"));

  describeStore("PostgreSQL", async () => Promise.resolve({ open: make, remove: async () => Promise.resolve() }));

  const place = (of: string): RecordsPlace => ({
    open: () => {
      const store = postgresStore({ connectionString: server.url, schema: of });
      stores.add(store);
      return store;
    },
    records: () => postgresRecords({ connectionString: server.url, schema: of }),
    remove: async () => {
      await admin.query(`DROP SCHEMA IF EXISTS ${of} CASCADE`);
    },
  });
  describeRecords(
    "PostgreSQL",
    async () => Promise.resolve(place(`weir_${randomBytes(4).toString("hex")}`)),
    async () => {
      await admin.query(await firstVersion("postgres"));
      return place("weir_version1");
    },
  );

  describe("as a place", () => {
    it("is made once, however many processes start at once", async () => {
      const started = Array.from({ length: 6 }, make);
      await Promise.all(started.map(async (store) => store.start()));
      const { rows } = await admin.query(`SELECT version FROM ${schema}.migrations`);
      expect(rows).to.deep.equal([{ version: 1 }, { version: 2 }]);
      const secrets = await Promise.all(started.map(async (store) => store.secret("a")));
      expect(new Set(secrets.map((secret) => Buffer.from(secret).toString("hex"))).size).to.equal(1);
    });

    it("is refused if a newer program wrote it, or if there is none", async () => {
      await (await open()).stop();
      await admin.query(`INSERT INTO ${schema}.migrations VALUES (999, now())`);
      expect(await errorCode(make().start())).to.equal("storage-failed");
      const elsewhere = server.url.replace(/postgres$/, "nowhere");
      expect(await errorCode(postgresStore({ connectionString: elsewhere }).start())).to.equal("storage-failed");
    });

    it("has a plain name and room for the right to collect", () => {
      for (const bad of [{ schema: 'a"; DROP' }, { schema: "" }, { maxConnections: 1 }]) {
        expect(() => postgresStore({ connectionString: server.url, ...bad })).to.throw(WeirError, Object.keys(bad)[0]);
      }
    });

    it("may be reached through a pool of one's own, which is left open", async () => {
      const pool = new pg.Pool({ connectionString: server.url, max: 3 });
      const store = postgresStore({ pool, schema });
      await store.start();
      const lease = await lead(store);
      await store.raise("a", 5n);
      await store.stop();
      expect(lease.held()).to.equal(false);
      expect((await pool.query(`SELECT value FROM ${schema}.highest`)).rows).to.deep.equal([{ value: "5" }]);
      await pool.end();
    });
  });

  describe("with two processes on it", () => {
    let processes: StoreProcess[];

    beforeEach(async () => {
      processes = await Promise.all([1, 2].map(async () => startStoreProcess(server.url, schema)));
    });
    afterEach(async () => {
      await Promise.all(processes.map(async (process) => process.kill()));
    });
    const race = async (task: (index: number) => Parameters<StoreProcess["run"]>[0]): Promise<number> => {
      const results = await Promise.all(processes.map(async (process, i) => process.run(task(i))));
      return results.reduce<number>((sum, result) => sum + Number(result), 0);
    };

    it("grants no more credit than the bounds", async () => {
      for (let round = 0; round < 5; round++) {
        const signer = hex(20);
        const channels = (): ReturnType<typeof toPlainChannel>[] =>
          Array.from({ length: 6 }, () => toPlainChannel(channelOf(signer)));
        expect(await race(() => ({ type: "open", channels: channels() }))).to.equal(3);
      }
    });

    it("admits no more than the credit of a channel", async () => {
      for (let round = 0; round < 5; round++) {
        const channel = channelOf();
        const id = channelId(channel);
        expect(await processes[0]!.run({ type: "open", channels: [toPlainChannel(channel)] })).to.equal(1);
        const transfers = (i: number): string[] => Array.from({ length: 7 }, (_, n) => `p${String(i)}.${String(n)}`);
        expect(await race((i) => ({ type: "reserve", id, transfers: transfers(i) }))).to.equal(8);
        expect((await (await open()).readChannel(id))?.state.transfers).to.have.length(8);
      }
    });

    it("takes every challenge once", async () => {
      const ids = Array.from({ length: 60 }, () => hex(8));
      expect(await race(() => ({ type: "challenges", ids }))).to.equal(60);
    });

    it("gives a right to one of them, and to the other when the first is killed", async () => {
      expect(await race(() => ({ type: "lead", name: "collecting" }))).to.equal(1);
      const store = await open();
      expect(await store.lead("collecting")).to.equal(undefined);
      await Promise.all(processes.map(async (process) => process.kill()));
      expect((await lead(store)).held()).to.equal(true);
      processes = [];
    });

    it("takes a right away from a process that hangs, which then changes nothing any more", async () => {
      const [hanging] = processes;
      expect(await hanging!.run({ type: "lead", name: "collecting" })).to.equal(true);
      expect(await hanging!.run({ type: "put", nonce: 1 })).to.equal(false);
      hanging!.signal("SIGSTOP");
      const store = await open();
      const lease = await lead(store);
      await lease.dropTransaction(1);
      hanging!.signal("SIGCONT");
      expect(await hanging!.run({ type: "put", nonce: 2 })).to.equal(true);
      expect(await store.transactions()).to.deep.equal([]);
    });
  });

  describe("with two relays on it", () => {
    const env = {
      domain: domainSeparator(paperDomain),
      policy: { ...defaultRelayPolicy, signerCredit },
      secp256k1: nobleSecp256k1,
    };
    const view = { block: 1, deposit: 10n ** 20n, settledBytes: 0n, closeRequestedAt: 0, closed: false, balance: 1n };
    const clock = (): number => NOW;
    const openRelay = async (): Promise<{ store: RelayStore; channels: Channels; presence: Presence }> => {
      const store = await open();
      const channels = openChannels({
        store,
        env,
        clock,
        emit: () => undefined,
        onCollect: () => undefined,
        maxCached: 10,
      });
      const presence = openPresence({ store, channels, clock });
      await presence.look();
      return { store, channels, presence };
    };

    it("counts the transfers of one that is gone as served, and leaves those of the living alone", async () => {
      const [one, two] = [await openRelay(), await openRelay()];
      const request = { channel: channelOf(), session: SESSION, seed: hex(32), largestResource: 1n, view };
      const { id } = (await one.channels.open(request)).state;
      const transfers = [one.presence.nextTransfer(), two.presence.nextTransfer()];
      for (const [i, { channels }] of [one, two].entries()) {
        const reserve = { type: "reserve", session: SESSION, transfer: transfers[i]!, size: MIB, now: NOW } as const;
        await channels.step(id, reserve);
      }
      const held = async (): Promise<string[]> =>
        (await two.channels.read(id))!.transfers.map((transfer) => transfer.id);
      await one.presence.look();
      await two.presence.look();
      expect(await held()).to.deep.equal(transfers);
      await one.store.stop();
      await eventually("the first is seen to be gone", async () => {
        await two.presence.look();
        return (await held()).length === 1 ? true : undefined;
      });
      expect(await held()).to.deep.equal([transfers[1]]);
      expect((await two.channels.read(id))!.served).to.equal(MIB);
    });

    it("calls whichever holds a right, and nobody else", async () => {
      const [one, two] = [await open(), await open()];
      const calls: string[] = [];
      const hear = (name: string) => (): void => {
        calls.push(name);
      };
      const lease = await one.lead("a", hear("one, a"));
      await two.lead("b", hear("two, b"));
      for (const name of ["a", "b", "c"]) await two.call(name);
      await eventually("both are called", async () => Promise.resolve(calls.length === 2 || undefined));
      await lease!.release();
      await two.lead("a", hear("two, a"));
      await one.call("a");
      await eventually("the next one is called", async () => Promise.resolve(calls.length === 3 || undefined));
      expect(calls.toSorted()).to.deep.equal(["one, a", "two, a", "two, b"]);
    });

    it("reads what the other has written", async () => {
      const [one, two] = [await openRelay(), await openRelay()];
      const request = { channel: channelOf(), session: SESSION, seed: hex(32), largestResource: 1n, view };
      const { id } = (await one.channels.open(request)).state;
      expect((await two.channels.read(id))!.chain.settledBytes).to.equal(0n);
      const settled = { ...view, block: 2, settledBytes: MIB };
      await one.channels.step(id, { type: "chain", view: settled, now: NOW });
      expect((await two.channels.read(id))!.chain.settledBytes).to.equal(MIB);
    });
  });

  describe("whose connections break", () => {
    it("loses the rights with them, and nothing is written through those", async () => {
      const [one, two] = [await open(), await open()];
      const lease = await lead(one);
      const state = newRelayChannel(channelOf(), hex(32));
      await breakConnections();
      expect(await errorCode(lease.writeChannel(write(state, 0)))).to.equal("storage-failed");
      expect(lease.held()).to.equal(false);
      const next = await lead(two);
      expect(await errorCode(lease.writeChannel(write(state, 0)))).to.equal("storage-failed");
      await lease.release();
      expect(next.held()).to.equal(true);
      expect(await one.lead("collecting")).to.equal(undefined);
      expect(await one.readChannel(state.id)).to.equal(undefined);
      await next.release();
      expect((await lead(one)).held()).to.equal(true);
    });

    it("loses no write and does none twice", async () => {
      const store = await open();
      const state = newRelayChannel(channelOf(), hex(32));
      const done = new AbortController();
      const breaking = (async () => {
        while (!done.signal.aborted) {
          await breakConnections();
          await sleep(40);
        }
      })();
      try {
        for (let version = 0; version < 60; version++) {
          expect(await store.writeChannel(write(state, version, { log: [stepOf(BigInt(version), [1n])] }))).to.equal(
            true,
          );
        }
      } finally {
        done.abort();
        await breaking;
      }
      expect((await store.readChannel(state.id))?.version).to.equal(60);
      const totals = (await store.readLog(state.id)).map(({ receipt }) => Number(receipt.deliveredBytes));
      expect(totals).to.deep.equal(Array.from({ length: 60 }, (_, i) => i + 1));
    });
  });

  describe("whose answers are lost", () => {
    it("does again what it was not told of, and nothing twice", async () => {
      const pool = new pg.Pool({ connectionString: server.url, max: 3 });
      let lost = 0;
      const deaf: PostgresPool = {
        async query(query) {
          const result = await pool.query(query);
          if (lost++ % 2 === 0) throw new Error("Connection terminated unexpectedly");
          return result;
        },
        connect: async () => pool.connect(),
        on: pool.on.bind(pool),
        off: pool.off.bind(pool),
        end: async () => pool.end(),
      };
      const store = postgresStore({ pool: deaf, schema });
      await store.start();
      const state = newRelayChannel(channelOf(), hex(32));
      expect(await store.writeChannel(write(state, 0, { log: [stepOf(0n, [1n])] }))).to.equal(true);
      expect(await store.writeChannel(write(state, 1, { log: [stepOf(1n, [1n])], before: state }))).to.equal(true);
      expect(await store.useChallenge("a", NOW + 60, NOW)).to.equal(true);
      expect(await store.useChallenge("a", NOW + 60, NOW)).to.equal(false);
      expect(await store.readChannel(state.id)).to.deep.equal({ state, version: 2 });
      expect(await store.readLog(state.id)).to.have.length(2);
      expect(lost).to.equal(12);
      await store.stop();
      await pool.end();
    });
  });

  describe("on a server that fails", () => {
    it("keeps what was durable, and goes on when the server is back", async () => {
      const store = await open();
      const states = Array.from({ length: 20 }, () => newRelayChannel(channelOf(), hex(32)));
      await Promise.all(states.map(async (state) => store.writeChannel(write(state, 0, { log: [stepOf(0n, [1n])] }))));
      await server.stop("immediate");
      // One attempt waits for five seconds, and recovering takes a slow disk longer.
      const meanwhile = eventually("it is written", async () =>
        store.raise("a", 5n).then(
          () => true,
          (error: unknown) => (WeirError.is(error, "storage-failed") ? undefined : Promise.reject(error as WeirError)),
        ),
      );
      await server.start();
      await meanwhile;
      for (const state of states) {
        expect(await store.readChannel(state.id)).to.deep.equal({ state, version: 1 });
        expect(await store.readLog(state.id)).to.have.length(1);
      }
    });

    it("refuses what cannot be written in time, and then nothing of it is there", async () => {
      const store = await open();
      const state = newRelayChannel(channelOf(), hex(32));
      const lease = await lead(store);
      await server.stop();
      const codes = await Promise.all([
        errorCode(store.writeChannel(write(state, 0, { log: [stepOf(0n, [1n])] }))),
        errorCode(store.useChallenge("a", NOW + 60, NOW)),
        errorCode(store.readChannel(state.id)),
        errorCode(lease.putTransaction({ nonce: 1, hashes: [], raw: "0x", channels: [], sentAt: NOW })),
      ]);
      expect(codes).to.deep.equal(codes.map(() => "storage-failed"));
      await server.start();
      expect(await store.readChannel(state.id)).to.equal(undefined);
      expect(await store.useChallenge("a", NOW + 60, NOW)).to.equal(true);
      expect(await store.transactions()).to.deep.equal([]);
      expect((await lead(store)).held()).to.equal(true);
    });

    it("takes no write that came from a state which the database no longer has", async () => {
      const [one, two] = [await open(), await open()];
      const first = newRelayChannel(channelOf(), hex(32));
      const lost = { ...first, served: 1n };
      const instead = { ...first, served: 2n };
      await one.writeChannel(write(first, 0));
      await admin.query(`CREATE TABLE ${schema}.backup AS SELECT * FROM ${schema}.channels`);
      expect(await one.writeChannel(write(lost, 1, { before: first, urgency: "prompt" }))).to.equal(true);
      // As a server comes back that failed before it wrote the last one.
      await admin.query(`DELETE FROM ${schema}.channels`);
      await admin.query(`INSERT INTO ${schema}.channels SELECT * FROM ${schema}.backup`);
      const { state: known } = (await two.readChannel(first.id))!;
      expect(known).to.deep.equal(first);
      expect(await two.writeChannel(write(instead, 1, { before: known }))).to.equal(true);
      expect(await one.writeChannel(write({ ...lost, served: 3n }, 2, { before: lost }))).to.equal(false);
      expect(await one.readChannel(first.id)).to.deep.equal({ state: instead, version: 2 });
    });
  });
});
