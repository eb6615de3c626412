import { expect } from "chai";
import fc from "fast-check";
import { channelId } from "../../../sdk/core/index.ts";
import type { Hex } from "../../../sdk/core/index.ts";
import { newRelayChannel } from "../../../sdk/exchange/index.ts";
import type { RelayChannel } from "../../../sdk/exchange/index.ts";
import type { ChannelIndex, RelayStore, WriteUrgency } from "../../../sdk/relay/index.ts";
import { errorCode } from "../../helpers/errorCode.ts";
import { channelOf, hex, NOTHING, NOW, stepOf, write } from "../../helpers/storeFixture.ts";

/** One place where a store keeps its data, opened as often as a test wants. */
export interface StorePlace {
  /** A store over the data that is there. */
  readonly open: () => RelayStore;
  readonly remove: () => Promise<void>;
}

const URGENCIES: readonly WriteUrgency[] = ["durable", "prompt", "deferred"];

/**
 * What every store must do, whatever it keeps its data in.
 *
 * @param makePlace makes an empty place for each test
 */
export function describeStore(name: string, makePlace: () => Promise<StorePlace>): void {
  describe(`A store in ${name}`, () => {
    let place: StorePlace;
    let store: RelayStore;

    beforeEach(async () => {
      place = await makePlace();
      store = place.open();
      await store.start();
    });
    afterEach(async () => {
      await store.stop();
      await place.remove();
    });

    const reopen = async (): Promise<void> => {
      await store.stop();
      store = place.open();
      await store.start();
    };
    const put = async (state: RelayChannel, index: Partial<ChannelIndex>, now = NOW): Promise<void> => {
      expect(await store.writeChannel(write(state, 0, { index: { ...NOTHING, ...index }, now }))).to.equal(true);
    };

    describe("keeps channels", () => {
      it("and gives them back as they were written, after a restart as well", async () => {
        const state: RelayChannel = {
          ...newRelayChannel(channelOf(), hex(32)),
          session: hex(16),
          served: 2n ** 64n - 1n,
          transfers: [{ id: "a.1", size: 5n }],
        };
        expect(await store.readChannel(state.id)).to.equal(undefined);
        expect(await store.writeChannel(write(state, 0))).to.equal(true);
        expect(await store.readChannel(state.id)).to.deep.equal({ state, version: 1 });
        await reopen();
        expect(await store.readChannel(state.id)).to.deep.equal({ state, version: 1 });
      });

      it("and takes a write only on the version that it came from", async () => {
        const state = newRelayChannel(channelOf(), hex(32));
        expect(await store.writeChannel(write(state, 1))).to.equal(false);
        expect(await store.writeChannel(write(state, 0))).to.equal(true);
        expect(await store.writeChannel(write(state, 0))).to.equal(false);
        const next = { ...state, served: 7n };
        expect(await store.writeChannel(write(next, 1))).to.equal(true);
        expect(await store.writeChannel(write(state, 1))).to.equal(false);
        expect(await store.readChannel(state.id)).to.deep.equal({ state: next, version: 2 });
      });

      it("and lets one of many writers win, however they come", async () => {
        const state = newRelayChannel(channelOf(), hex(32));
        await store.writeChannel(write(state, 0));
        const writers = Array.from({ length: 120 }, async (_, i) =>
          store.writeChannel(write({ ...state, served: BigInt(i) }, 1, { urgency: URGENCIES[i % 3]! })),
        );
        expect((await Promise.all(writers)).filter(Boolean)).to.have.length(1);
        expect((await store.readChannel(state.id))?.version).to.equal(2);
      });

      it("and writes that build on each other before the first is stored", async () => {
        const state = newRelayChannel(channelOf(), hex(32));
        const writes = Array.from({ length: 75 }, async (_, i) =>
          store.writeChannel(write({ ...state, served: BigInt(i) }, i)),
        );
        expect((await Promise.all(writes)).every(Boolean)).to.equal(true);
        expect(await store.readChannel(state.id)).to.deep.equal({ state: { ...state, served: 74n }, version: 75 });
      });
    });

    describe("logs receipts", () => {
      it("with the state they belong to, in order, and never rewrites them", async () => {
        const state = newRelayChannel(channelOf(), hex(32));
        const first = stepOf(0n, [5n, 7n]);
        const second = stepOf(12n, [1n]);
        await store.writeChannel(write(state, 0, { log: [first] }));
        await store.writeChannel(write(state, 1, { log: [second] }));
        expect(await store.writeChannel(write(state, 1, { log: [stepOf(0n, [9n])] }))).to.equal(false);
        expect(await store.readLog(state.id)).to.deep.equal([first, second]);
        await reopen();
        expect(await store.readLog(state.id)).to.deep.equal([first, second]);
        expect(await store.readLog(hex(32))).to.deep.equal([]);
      });

      it("of any size that the protocol allows", async () => {
        const sizes = fc.array(fc.bigInt({ min: 0n, max: 2n ** 53n - 1n }), { maxLength: 256 });
        await fc.assert(
          fc.asyncProperty(fc.bigInt({ min: 0n, max: 2n ** 62n }), sizes, async (prev, entries) => {
            const state = newRelayChannel(channelOf(), hex(32));
            const step = stepOf(prev, entries);
            await store.writeChannel(write(state, 0, { log: [step] }));
            expect(await store.readLog(state.id)).to.deep.equal([step]);
          }),
          { numRuns: 25 },
        );
      });
    });

    describe("finds channels", () => {
      it("by what is to be done about them", async () => {
        const [busy, open, due, sending] = Array.from({ length: 4 }, () => newRelayChannel(channelOf(), hex(32)));
        await put({ ...busy!, transfers: [{ id: "a.1", size: 5n }] }, {});
        await put({ ...open!, session: hex(16) }, {}, NOW - 100);
        await put(due!, { collectable: true });
        await put(sending!, { collecting: true });
        const list = async (filter: Parameters<RelayStore["listChannels"]>[0]): Promise<Hex[]> =>
          (await store.listChannels(filter)).map(({ state }) => state.id);
        expect(await list({ type: "transfers" })).to.deep.equal([busy!.id]);
        expect(await list({ type: "idle", before: NOW - 99 })).to.deep.equal([open!.id]);
        expect(await list({ type: "idle", before: NOW - 100 })).to.deep.equal([]);
        expect(await list({ type: "collectable" })).to.deep.equal([due!.id]);
        expect(await list({ type: "collecting" })).to.deep.equal([sending!.id]);
      });
    });

    describe("bounds credit", () => {
      const grant = (taken: bigint, more: Partial<ChannelIndex> = {}): Partial<ChannelIndex> => ({
        taken,
        takenUntil: NOW + 100,
        ...more,
      });

      it("by what other channels hold now", async () => {
        const signer = hex(20);
        const mine = newRelayChannel(channelOf(signer), hex(32));
        await put({ ...newRelayChannel(channelOf(signer), hex(32)), session: hex(16) }, grant(5n));
        await put(newRelayChannel(channelOf(signer), hex(32)), grant(7n, { funded: true }));
        await put(newRelayChannel(channelOf(signer), hex(32)), grant(100n, { takenUntil: NOW }));
        await put(newRelayChannel(channelOf(), hex(32)), grant(11n));
        await put({ ...mine, session: hex(16) }, grant(1_000n));
        expect(await store.creditTaken(mine, NOW)).to.deep.equal({
          signerTaken: 12n,
          unfundedTaken: 16n,
          signerSessions: 1,
        });
        expect(await store.creditTaken(mine, NOW + 100)).to.deep.equal({
          signerTaken: 0n,
          unfundedTaken: 0n,
          signerSessions: 1,
        });
      });

      it("and refuses a write when others took more meanwhile", async () => {
        const mine = newRelayChannel(channelOf(), hex(32));
        const bounds = await store.creditTaken(mine, NOW);
        await put(newRelayChannel(channelOf(), hex(32)), grant(1n));
        expect(await store.writeChannel(write(mine, 0, { bounds }))).to.equal(false);
        expect(await store.readChannel(mine.id)).to.equal(undefined);
        const fresh = await store.creditTaken(mine, NOW);
        expect(await store.writeChannel(write(mine, 0, { bounds: fresh }))).to.equal(true);
      });

      it("whoever writes first, of many at once", async () => {
        const channels = Array.from({ length: 20 }, () => newRelayChannel(channelOf(), hex(32)));
        const bounds = { signerTaken: 0n, unfundedTaken: 30n, signerSessions: 0 };
        const taken = await Promise.all(
          channels.map(async (state) =>
            store.writeChannel(write(state, 0, { bounds, index: { ...NOTHING, ...grant(10n) } })),
          ),
        );
        expect(taken.filter(Boolean)).to.have.length(4);
      });
    });

    describe("remembers", () => {
      it("used challenges until they expire", async () => {
        expect(await store.useChallenge("a", NOW + 60, NOW)).to.equal(true);
        expect(await store.useChallenge("a", NOW + 60, NOW)).to.equal(false);
        await reopen();
        expect(await store.useChallenge("a", NOW + 60, NOW + 60)).to.equal(false);
        expect(await store.useChallenge("a", NOW + 200, NOW + 61)).to.equal(true);
        const many = await Promise.all(Array.from({ length: 9 }, async () => store.useChallenge("b", NOW + 60, NOW)));
        expect(many.filter(Boolean)).to.have.length(1);
      });

      it("secrets for ever", async () => {
        const secret = await store.secret("a");
        expect(secret).to.have.length(32);
        expect(await store.secret("b")).to.not.deep.equal(secret);
        await reopen();
        expect(await store.secret("a")).to.deep.equal(secret);
      });

      it("the highest number under each name", async () => {
        expect(await store.highest("a")).to.equal(undefined);
        for (const value of [5n, 2n ** 64n - 1n, 7n]) await store.raise("a", value);
        await store.raise("b", 0n);
        await reopen();
        expect([await store.highest("a"), await store.highest("b")]).to.deep.equal([2n ** 64n - 1n, 0n]);
      });

      it("transactions until they are dropped", async () => {
        const channels = [{ id: channelId(channelOf()), settling: 2n ** 64n - 1n, funding: 2n ** 90n, close: true }];
        const seven = { nonce: 7, hashes: [hex(32)], raw: hex(200), channels, sentAt: NOW, reason: "worth" } as const;
        const five = { nonce: 5, hashes: [], raw: hex(200), channels: [], sentAt: NOW };
        const first = (await store.lead("collecting"))!;
        await first.putTransaction(seven);
        await first.putTransaction(five);
        await reopen();
        expect(await store.transactions()).to.deep.equal([five, seven]);
        const replaced = { ...seven, hashes: [...seven.hashes, hex(32)], sentAt: NOW + 1 };
        const second = (await store.lead("collecting"))!;
        await second.putTransaction(replaced);
        await second.dropTransaction(5);
        expect(await store.transactions()).to.deep.equal([replaced]);
      });
    });

    it("gives rights, through which channels are written as through itself", async () => {
      const lease = (await store.lead("a"))!;
      expect(lease.held()).to.equal(true);
      const state = newRelayChannel(channelOf(), hex(32));
      expect(await lease.writeChannel(write(state, 0))).to.equal(true);
      expect(await lease.writeChannel(write(state, 0))).to.equal(false);
      expect(await store.readChannel(state.id)).to.deep.equal({ state, version: 1 });
      await store.call("a");
      await lease.release();
      expect(await store.lead("a")).to.not.equal(undefined);
    });

    it("refuses everything once it is stopped", async () => {
      const lease = (await store.lead("a"))!;
      await store.stop();
      expect(lease.held()).to.equal(false);
      expect(await errorCode(lease.dropTransaction(1))).to.equal("storage-failed");
      const state = newRelayChannel(channelOf(), hex(32));
      expect(await errorCode(store.readChannel(state.id))).to.equal("storage-failed");
      expect(await errorCode(store.writeChannel(write(state, 0)))).to.equal("storage-failed");
      await store.stop();
    });
  });
}
