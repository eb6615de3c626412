import { expect } from "chai";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  channelId,
  domainSeparator,
  extendTotals,
  nobleSecp256k1,
  privateKeySigner,
  receiptDigest,
  WeirError,
} from "../../../sdk/core/index.ts";
import type { Channel, Hex, ReceiptStep, Totals } from "../../../sdk/core/index.ts";
import { defaultRelayPolicy } from "../../../sdk/exchange/index.ts";
import type { RelayEffect, RelayPolicy } from "../../../sdk/exchange/index.ts";
import { openChannels } from "../../../sdk/relay/channels.ts";
import type { Channels } from "../../../sdk/relay/channels.ts";
import { sqliteStore } from "../../../sdk/relay/index.ts";
import type { RelayStore } from "../../../sdk/relay/index.ts";
import { errorCode } from "../../helpers/errorCode.ts";
import { paperDomain, payee, testKey } from "../../helpers/relayFixture.ts";

const NOW = 1_900_000_000;
const MIB = 1n << 20n;
const SEED: Hex = `0x${"5e".repeat(32)}`;
const domain = domainSeparator(paperDomain);
const FUNDED = { block: 1, deposit: 10n ** 20n, settledBytes: 0n, closeRequestedAt: 0, closed: false, balance: 1n };

function channelOf(key: number, nonce: number): Channel {
  const { address } = privateKeySigner(testKey(key));
  return { signer: address, payee, pricePerGiB: 10n ** 16n, gracePeriod: 86_400, nonce: BigInt(nonce) };
}

function codes(effects: readonly RelayEffect[]): string[] {
  return effects.flatMap((effect) => (effect.type === "refuse" ? [effect.error.code] : [effect.type]));
}

describe("The channels of a relay", () => {
  let folder: string;
  let store: RelayStore;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "weir-channels-"));
    store = sqliteStore(join(folder, "relay.db"));
    await store.start();
  });
  afterEach(async () => {
    await store.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const driver = (on: RelayStore = store, policy: Partial<RelayPolicy> = {}, maxCached = 100): Channels =>
    openChannels({
      store: on,
      env: { domain, policy: { ...defaultRelayPolicy, ...policy }, secp256k1: nobleSecp256k1 },
      clock: () => NOW,
      emit: () => undefined,
      onCollect: () => undefined,
      maxCached,
    });
  const open = async (channels: Channels, channel: Channel, view = FUNDED): Promise<Hex> => {
    const session: Hex = `0x${"0a".repeat(16)}`;
    const { effects, state } = await channels.open({ channel, session, seed: SEED, largestResource: 1n, view });
    expect(codes(effects)).to.include("acknowledge");
    return state.id;
  };
  const reserve = async (channels: Channels, id: Hex, transfer: string, size = MIB): Promise<string[]> => {
    const session = `0x${"0a".repeat(16)}`;
    return codes((await channels.step(id, { type: "reserve", session, transfer, size, now: NOW })).effects);
  };

  it("do not know what was never opened", async () => {
    const id = channelId(channelOf(1, 1));
    expect(await driver().read(id)).to.equal(undefined);
    expect(await errorCode(driver().step(id, { type: "recover", now: NOW }))).to.equal("channel-unknown");
  });

  it("reserve no more than the credit, however many ask at once", async () => {
    const channels = driver();
    const id = await open(channels, channelOf(1, 1));
    const results = await Promise.all(
      Array.from({ length: 14 }, async (_, i) => reserve(channels, id, `t.${String(i)}`)),
    );
    expect(results.filter(([code]) => code === "admit")).to.have.length(8);
    expect(results.filter(([code]) => code === "credit-exhausted")).to.have.length(6);
    expect((await store.readChannel(id))?.state.transfers).to.have.length(8);
  });

  it("hold a reservation in the store before they admit it", async () => {
    const channels = driver();
    const id = await open(channels, channelOf(1, 1));
    await reserve(channels, id, "t.1");
    expect((await store.readChannel(id))?.state.transfers).to.deep.equal([{ id: "t.1", size: MIB }]);
  });

  it("answer a repeated receipt only when the first is stored", async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    let held = false;
    const slow: RelayStore = {
      ...store,
      async writeChannel(write) {
        if (write.log.length > 0) {
          held = true;
          await gate;
        }
        return store.writeChannel(write);
      },
    };
    const channels = driver(slow);
    const channel = channelOf(1, 1);
    const id = await open(channels, channel);
    await reserve(channels, id, "t.1");
    await channels.step(id, { type: "transferred", transfer: "t.1", sent: MIB, now: NOW });
    const post = { type: "post", session: `0x${"0a".repeat(16)}`, step: await paid(channel, MIB), now: NOW } as const;
    const answers: number[] = [];
    const posts = [1, 2].map(async (n) => {
      await channels.step(id, post);
      answers.push(n);
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([held, answers]).to.deep.equal([true, []]);
    release();
    await Promise.all(posts);
    expect(answers).to.have.length(2);
    expect(await store.readLog(id)).to.have.length(1);
  });

  it("start over from the store when a write fails", async () => {
    let failing = false;
    const broken: RelayStore = {
      ...store,
      writeChannel: async (write) =>
        failing ? Promise.reject(new WeirError("storage-failed")) : store.writeChannel(write),
    };
    const channels = driver(broken);
    const id = await open(channels, channelOf(1, 1));
    failing = true;
    const lost = await Promise.all([1, 2, 3].map(async (i) => errorCode(reserve(channels, id, `lost.${String(i)}`))));
    expect(lost).to.deep.equal(["storage-failed", "storage-failed", "storage-failed"]);
    failing = false;
    expect(await reserve(channels, id, "kept")).to.deep.equal(["admit"]);
    expect((await store.readChannel(id))?.state.transfers).to.deep.equal([{ id: "kept", size: MIB }]);
  });

  it("forget what was not used for longest, and read it again", async () => {
    const channels = driver(store, {}, 2);
    const ids: Hex[] = [];
    for (let i = 0; i < 5; i++) ids.push(await open(channels, channelOf(i, i)));
    for (const id of ids) expect(await reserve(channels, id, "t.1")).to.deep.equal(["admit"]);
  });

  describe("of several processes on one store", () => {
    const shared = (): RelayStore => ({ ...store, shared: true });

    it("never admit more than the credit together", async () => {
      const processes = [driver(shared()), driver(shared()), driver(shared())];
      const id = await open(processes[0]!, channelOf(1, 1));
      const results = await Promise.all(
        Array.from({ length: 15 }, async (_, i) => reserve(processes[i % 3]!, id, `t.${String(i)}`)),
      );
      expect(results.filter(([code]) => code === "admit")).to.have.length(8);
      expect((await store.readChannel(id))?.state.transfers).to.have.length(8);
    });

    it("refuse nothing for what another has changed since", async () => {
      const [one, two] = [driver(shared()), driver(shared())];
      const id = await open(one, channelOf(1, 1));
      for (let i = 0; i < 8; i++) await reserve(one, id, `t.${String(i)}`);
      expect(await reserve(two, id, "x")).to.deep.equal(["credit-exhausted"]);
      for (let i = 0; i < 8; i++) {
        await one.step(id, { type: "transferred", transfer: `t.${String(i)}`, sent: 0n, now: NOW });
      }
      expect(await reserve(two, id, "x")).to.deep.equal(["admit"]);
    });

    it("grant no more credit than the bounds together", async () => {
      const unfunded = { ...FUNDED, deposit: 0n };
      const policy = { signerCredit: 24n * MIB };
      const processes = [driver(shared(), policy), driver(shared(), policy)];
      const opened = await Promise.all(
        Array.from({ length: 8 }, async (_, i) => errorCode(open(processes[i % 2]!, channelOf(1, i), unfunded))),
      );
      expect(opened.filter((code) => code === "none")).to.have.length(3);
      expect(opened.filter((code) => code === "credit-exhausted")).to.have.length(5);
    });
  });
});

async function paid(channel: Channel, size: bigint): Promise<ReceiptStep> {
  const prev: Totals = { deliveredBytes: 0n, segmentsRoot: SEED };
  const entry = { resource: SEED, contentHash: SEED, size };
  const totals = extendTotals(prev, entry);
  const { payee: to, pricePerGiB, gracePeriod, nonce } = channel;
  const digest = receiptDigest(domain, { payee: to, pricePerGiB, gracePeriod, nonce, ...totals });
  const signature = await privateKeySigner(testKey(1)).signDigest(digest);
  return { prev, entries: [entry], receipt: { ...totals, signature } };
}
