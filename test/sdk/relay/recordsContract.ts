import { expect } from "chai";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { channelId } from "../../../sdk/core/index.ts";
import type { Hex } from "../../../sdk/core/index.ts";
import { newRelayChannel } from "../../../sdk/exchange/index.ts";
import type { RelayChannel } from "../../../sdk/exchange/index.ts";
import type { CollectionRecord, RelayRecords, RelayStore } from "../../../sdk/relay/index.ts";
import { collectAll } from "../../helpers/collectAll.ts";
import { errorCode } from "../../helpers/errorCode.ts";
import { eventually } from "../../helpers/eventually.ts";
import { channelOf, hex, NOTHING, NOW, stepOf, write } from "../../helpers/storeFixture.ts";
import type { StorePlace } from "./storeContract.ts";

/** A place with the data of a relay, for whoever looks beside it. */
export interface RecordsPlace extends StorePlace {
  readonly records: () => RelayRecords;
}

const COLLECTION: CollectionRecord = {
  nonce: 7,
  hash: hex(32),
  reason: "worth",
  block: 12,
  minedAt: NOW,
  gasUsed: 123_456n,
  gasPrice: 2n ** 70n,
  cost: 2n ** 80n,
  value: 2n ** 90n,
  funds: 1,
  settles: 2,
  closes: 3,
  alone: 2n ** 81n,
};

/** What makes a store as the first version of this software left it: SQL, dumped from one. */
export async function firstVersion(database: "sqlite" | "postgres"): Promise<string> {
  const file = join(import.meta.dirname, `stores/version1.${database}.json`);
  return (JSON.parse(await readFile(file, "utf8")) as string[]).join("\n");
}

/**
 * What the records of every store must do.
 *
 * @param makePlace makes an empty place for each test
 * @param makeVersion1 makes a place with the data of the first schema, as `firstVersion` has it
 */
export function describeRecords(
  name: string,
  makePlace: () => Promise<RecordsPlace>,
  makeVersion1: () => Promise<RecordsPlace>,
): void {
  describe(`The records of a store in ${name}`, () => {
    let place: RecordsPlace;
    let store: RelayStore;
    let records: RelayRecords;

    beforeEach(async () => {
      place = await makePlace();
      store = place.open();
      await store.start();
      records = place.records();
      await records.start();
    });
    afterEach(async () => {
      await records.stop();
      await store.stop();
      await place.remove();
    });

    const listed = async (query: Parameters<RelayRecords["channels"]>[0]): Promise<Hex[]> =>
      (await collectAll(records.channels(query))).map(({ state }) => state.id);

    describe("of channels", () => {
      it("are what the store wrote, in the order of their ids, from any of them on", async () => {
        const states = Array.from({ length: 7 }, () => newRelayChannel(channelOf(), hex(32)));
        for (const state of states) await store.writeChannel(write(state, 0));
        const ids = states.map(({ id }) => id).toSorted();
        expect(await listed({})).to.deep.equal(ids);
        expect(await listed({ limit: 3 })).to.deep.equal(ids.slice(0, 3));
        expect(await listed({ after: ids[2]!, limit: 2 })).to.deep.equal(ids.slice(3, 5));
        expect(await listed({ limit: 0 })).to.deep.equal([]);
        expect(await records.readChannel(states[0]!.id)).to.deep.equal({ state: states[0], version: 1 });
        expect(await records.readChannel(hex(32))).to.equal(undefined);
        expect(await records.count()).to.deep.equal({ channels: 7, sessions: 0 });
      });

      it("are as many as there are", async () => {
        const states = Array.from({ length: 1_201 }, () => newRelayChannel(channelOf(), hex(32)));
        await Promise.all(states.map(async (state) => store.writeChannel(write(state, 0))));
        expect(await listed({})).to.deep.equal(states.map(({ id }) => id).toSorted());
      });

      it("tell which are open, unsettled, closing or at stake", async () => {
        const base = (): RelayChannel => newRelayChannel(channelOf(), hex(32));
        const receipt = { deliveredBytes: 9n, segmentsRoot: hex(32), signature: hex(64) };
        const chain = { ...base().chain, closeRequestedAt: NOW };
        const quiet = base();
        const open = { ...base(), session: hex(16) };
        const unsettled = { ...base(), acknowledged: receipt };
        const settling = { ...unsettled, ...base(), acknowledged: receipt, settling: 9n };
        const leaving = { ...base(), chain };
        const closed = { ...base(), acknowledged: receipt, chain: { ...chain, closed: true } };
        const owing = { ...base(), session: hex(16), served: 5n };
        await store.writeChannel(write(quiet, 0));
        await store.writeChannel(write(open, 0));
        await store.writeChannel(write(unsettled, 0, { index: { ...NOTHING, collectable: true } }));
        await store.writeChannel(write(settling, 0, { index: { ...NOTHING, collecting: true } }));
        await store.writeChannel(write(leaving, 0));
        await store.writeChannel(write(closed, 0));
        await store.writeChannel(write(owing, 0));
        const ids = (...states: readonly RelayChannel[]): Hex[] => states.map(({ id }) => id).toSorted();
        expect(await listed({ which: "open" })).to.deep.equal(ids(open, owing));
        expect(await listed({ which: "unsettled" })).to.deep.equal(ids(unsettled, settling));
        expect(await listed({ which: "closing" })).to.deep.equal(ids(leaving));
        expect(await listed({ which: "at-stake" })).to.deep.equal(ids(unsettled, settling, owing));
        expect(await records.count()).to.deep.equal({ channels: 7, sessions: 2 });
      });
    });

    it("of receipts are the channel's own, in order, however many they are", async () => {
      const [one, two] = [newRelayChannel(channelOf(), hex(32)), newRelayChannel(channelOf(), hex(32))];
      const steps = Array.from({ length: 1_003 }, (_, i) => stepOf(BigInt(i), [1n]));
      for (const [i, at] of [0, 1, 2, 502].entries()) {
        const log = steps.slice(at, [1, 2, 502][i]);
        for (const state of [one, two]) await store.writeChannel(write(state, i, { log }));
      }
      expect(await collectAll(records.receipts(one.id))).to.deep.equal(steps);
      expect(await records.countReceipts(two.id)).to.equal(steps.length);
      expect(await collectAll(records.receipts(hex(32)))).to.deep.equal([]);
      expect(await records.countReceipts(hex(32))).to.equal(0);
    });

    it("of transactions keep what became of them, with the channels that they were for", async () => {
      const [one, two] = [channelId(channelOf()), channelId(channelOf())];
      const lease = (await store.lead("collecting"))!;
      const aim = { settling: 2n ** 64n - 1n, funding: 0n, close: false };
      const transaction = { hashes: [hex(32)], raw: hex(200), sentAt: NOW };
      await lease.putTransaction({ ...transaction, nonce: 7, channels: [one, two].map((id) => ({ ...aim, id })) });
      await lease.putTransaction({ ...transaction, nonce: 8, channels: [{ ...aim, id: two }] });
      await lease.putTransaction({ ...transaction, nonce: 9, channels: [] });
      expect((await records.transactions()).map(({ nonce }) => nonce)).to.deep.equal([7, 8, 9]);
      const { hash, ...rest } = COLLECTION;
      const foreign = { ...rest, nonce: 8, gasUsed: 0n, value: 0n };
      await lease.dropTransaction(7, COLLECTION);
      await lease.dropTransaction(8, foreign);
      await lease.dropTransaction(9);
      expect(await records.transactions()).to.deep.equal([]);
      expect(await collectAll(records.collections())).to.deep.equal([foreign, COLLECTION]);
      expect(await records.collectionsOf(one)).to.deep.equal([COLLECTION]);
      expect(await records.collectionsOf(two)).to.deep.equal([COLLECTION, foreign]);
      expect(hash).to.equal(COLLECTION.hash);
      // The chain went back, and something else took the nonce.
      const again = { ...COLLECTION, hash: hex(32), block: 13 };
      await lease.putTransaction({ ...transaction, nonce: 7, channels: [{ ...aim, id: one }] });
      await lease.dropTransaction(7, again);
      expect(await records.collectionsOf(one)).to.deep.equal([again]);
    });

    it("of collections are as many as there are, the newest first", async () => {
      const lease = (await store.lead("collecting"))!;
      const nonces = Array.from({ length: 1_101 }, (_, nonce) => nonce);
      for (const nonce of nonces) await lease.dropTransaction(nonce, { ...COLLECTION, nonce });
      const found = await collectAll(records.collections());
      expect(found.map(({ nonce }) => nonce)).to.deep.equal(nonces.toReversed());
    });

    it("deny payers, and allow them again", async () => {
      const [signer, other] = [hex(20), hex(20)];
      const open = { ...newRelayChannel(channelOf(signer), hex(32)), session: hex(16) };
      await store.writeChannel(write(open, 0));
      await store.writeChannel(write({ ...newRelayChannel(channelOf(other), hex(32)), session: hex(16) }, 0));
      await store.writeChannel(write(newRelayChannel(channelOf(signer), hex(32)), 0));
      expect(await store.isDenied(signer)).to.equal(false);
      await records.deny({ signer, note: "", at: NOW });
      await records.deny({ signer, note: "never pays", at: NOW + 1 });
      await records.deny({ signer: hex(20), note: "another", at: NOW - 1 });
      expect(await store.isDenied(signer)).to.equal(true);
      expect(await store.isDenied(other)).to.equal(false);
      expect((await store.listChannels({ type: "denied" })).map(({ state }) => state)).to.deep.equal([open]);
      const [first, second, ...rest] = await records.denied();
      expect(first).to.deep.equal({ signer, note: "never pays", at: NOW });
      expect([second?.note, rest.length]).to.deep.equal(["another", 0]);
      expect([await records.allow(signer), await records.allow(signer)]).to.deep.equal([true, false]);
      expect(await store.isDenied(signer)).to.equal(false);
      expect(await store.listChannels({ type: "denied" })).to.deep.equal([]);
    });

    it("place orders, which the relay removes", async () => {
      const channel = hex(32);
      const first = await records.placeOrder({ type: "settle", at: NOW });
      const second = await records.placeOrder({ type: "close", channel, at: NOW + 1 });
      const orders = [
        { id: first, type: "settle", at: NOW },
        { id: second, type: "close", channel, at: NOW + 1 },
      ];
      expect(await store.orders()).to.deep.equal(orders);
      expect(await records.orders()).to.deep.equal(orders);
      await store.removeOrder(first);
      expect(await records.orders()).to.deep.equal(orders.slice(1));
      expect([await records.removeOrder(second), await records.removeOrder(second)]).to.deep.equal([true, false]);
      expect(await records.placeOrder({ type: "settle", at: NOW })).to.be.greaterThan(second);
    });

    it("know which processes run, and which of them collects", async () => {
      await store.lead("process a");
      expect((await records.running()).length).to.equal(1);
      await store.lead("collecting");
      expect((await records.running()).map(({ collects }) => collects)).to.deep.equal([true]);
      await store.stop();
      await eventually("nobody runs", async () => ((await records.running()).length === 0 ? true : undefined));
      await store.start();
    });

    it("are there when no relay runs, and are not without a store or once they are stopped", async () => {
      const state = newRelayChannel(channelOf(), hex(32));
      await store.writeChannel(write(state, 0));
      await store.raise("watched block", 5n);
      await store.stop();
      expect(await listed({})).to.deep.equal([state.id]);
      expect(await records.highest("watched block")).to.equal(5n);
      await records.stop();
      expect(await errorCode(records.denied())).to.equal("storage-failed");
      const nowhere = await makePlace();
      expect(await errorCode(nowhere.records().start())).to.equal("storage-failed");
      await nowhere.remove();
    });
  });

  describe(`A store in ${name} that the first version wrote`, () => {
    it("is read by nobody before a relay brought it up to date, and is complete then", async () => {
      const place = await makeVersion1();
      const records = place.records();
      expect(await errorCode(records.start())).to.equal("storage-failed");
      const store = place.open();
      await store.start();
      await records.start();
      try {
        const [record, ...others] = await collectAll(records.channels());
        expect(others).to.deep.equal([]);
        expect(record?.version).to.equal(2);
        const { id, served, session } = record!.state;
        expect({ served, session }).to.deep.equal({ served: 12n, session: `0x${"0a".repeat(16)}` });
        const log = await store.readLog(id);
        expect(log.map(({ receipt }) => receipt.deliveredBytes)).to.deep.equal([5n, 12n]);
        expect(await collectAll(records.receipts(id))).to.deep.equal(log);
        expect(await store.highest("watched block")).to.equal(77n);
        expect(await store.useChallenge("used", NOW + 60, NOW)).to.equal(false);
        const [transaction] = await store.transactions();
        expect(transaction).to.include({ nonce: 3, sentAt: NOW }).and.not.have.property("reason");
        await (await store.lead("collecting"))!.dropTransaction(3, { ...COLLECTION, nonce: 3 });
        expect(await records.collectionsOf(id)).to.deep.equal([{ ...COLLECTION, nonce: 3 }]);
        expect(await store.writeChannel(write(record!.state, 2, { before: record!.state }))).to.equal(true);
      } finally {
        await records.stop();
        await store.stop();
        await place.remove();
      }
    });
  });
}
