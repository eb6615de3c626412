import { expect } from "chai";
import { formatManifest, privateKeySigner, WeirError } from "../../../sdk/core/index.ts";
import { respondProblem } from "../../../sdk/relay/routes/respond.ts";
import { buildManifest, signManifest } from "../../../sdk/publisher/index.ts";
import { memoryStore } from "../../../sdk/viewer/index.ts";
import type { ViewerChain } from "../../../sdk/viewer/index.ts";
import { errorCode } from "../../helpers/errorCode.ts";
import { paperChain, publisher, randomFile, testKey, testManifest } from "../../helpers/relayFixture.ts";
import { startNetwork, startViewer } from "./relayNetwork.ts";
import type { NetworkRelay, RelayNetwork, TestedViewer } from "./relayNetwork.ts";

const names = Array.from({ length: 8 }, (_, i) => `segment-${String(i)}.m4s`);
const sleep = async (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const jsonFile = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

/** Credit for two and a half files, and a chain that is looked at all the time. */
const tight = { policy: { baseCredit: 250_000n, signerCredit: 250_000n }, limits: { watchMs: 20 } };

describe("a viewer at the limits", () => {
  let network: RelayNetwork;
  let viewer: TestedViewer;

  const relay = (index: number): NetworkRelay => network.relays[index]!;
  const paidBytes = (index: number): bigint =>
    relay(index)
      .posts.flatMap(({ step }) => step?.receipt.deliveredBytes ?? [])
      .at(-1) ?? 0n;
  const channelOf = (index: number) => relay(index).credentials.at(-1)!.payload.channel;

  afterEach(async () => {
    await viewer.close();
    await network.stop();
  });

  describe("given little credit", () => {
    it("pays in time for the next transfer, however many are wanted at once", async () => {
      network = await startNetwork([tight]);
      viewer = startViewer(network, { timing: { giveUp: 20_000 } });
      await viewer.get("segment-0.m4s");
      relay(0).chain.set(channelOf(0), { deposit: 10n ** 20n });
      const bodies = await Promise.all(names.map(async (name) => viewer.get(name)));
      for (const [i, name] of names.entries()) expect(bodies[i]).to.deep.equal(network.bytes(name));
      await viewer.close();
      expect(paidBytes(0)).to.equal(900_000n);
    });

    it("finishes what its player aborts rather than leave it unpaid", async () => {
      network = await startNetwork([tight]);
      viewer = startViewer(network);
      await viewer.get("segment-0.m4s");
      relay(0).chain.set(channelOf(0), { deposit: 10n ** 20n });
      const controller = new AbortController();
      const aborted = ["segment-1.m4s", "segment-2.m4s"].map(async (name) =>
        viewer.get(name, { signal: controller.signal }).catch(() => undefined),
      );
      await sleep(1);
      controller.abort();
      await Promise.all(aborted);
      await viewer.get("segment-3.m4s");
      const { abortedBytes } = await viewer.close();
      expect(paidBytes(0) + abortedBytes >= 200_000n).to.equal(true);
    });
  });

  it("states that its budget is used up when that is why nobody delivers", async () => {
    network = await startNetwork([tight, tight]);
    // A channel's price is 10^16 per GiB: the budget pays for 50,000 bytes.
    viewer = startViewer(network, { budget: (50_000n * 10n ** 16n) >> 30n });
    let code = "none";
    for (let i = 0; code === "none" && i < 20; i++) code = await errorCode(viewer.get(names[i % 8]!));
    expect(code).to.equal("budget-exhausted");
    const { funded, budget } = await viewer.close();
    expect(funded <= budget).to.equal(true);
  });

  it("states that the account is empty when no relay opens a session", async () => {
    const empty = { block: 1, deposit: 0n, settledBytes: 0n, closeRequestedAt: 0, closed: false, balance: 0n };
    network = await startNetwork([{ chain: { ...paperChain(), view: async () => Promise.resolve(empty) } }]);
    viewer = startViewer(network, { timing: { giveUp: 2_000 } });
    const error: unknown = await viewer.get("segment-0.m4s").catch((reason: unknown) => reason);
    expect(error).to.have.property("details").that.includes("account-empty");
  });

  it("opens its session again when the token ran out", async () => {
    network = await startNetwork([{ limits: { tokenSeconds: 1 } }]);
    viewer = startViewer(network);
    await viewer.get("segment-0.m4s");
    await sleep(2_100);
    expect(await viewer.get("segment-1.m4s")).to.have.length(100_000);
    const { acknowledged, spent } = (await viewer.close()).relays[0]!;
    expect(acknowledged).to.equal(spent);
    expect(new Set(relay(0).credentials.map(({ payload }) => payload.channel.nonce)).size).to.equal(1);
  });

  it("gives a relay that lost everything its highest receipt back, and goes on", async () => {
    network = await startNetwork([{}]);
    viewer = startViewer(network, { policy: { postBytes: 1n } });
    await viewer.get("segment-0.m4s");
    await viewer.get("segment-1.m4s");
    while ((viewer.status().relays[0]?.acknowledged ?? 0n) < viewer.status().spent) await sleep(20);
    await relay(0).forget();
    await viewer.get("segment-2.m4s");
    await viewer.close();
    expect(relay(0).credentials.at(-1)!.payload.receipt!.deliveredBytes).to.equal(200_000n);
    expect(paidBytes(0)).to.equal(300_000n);
  });

  it("goes on in a new channel when the relay closed the old one", async () => {
    network = await startNetwork([{ limits: { watchMs: 20 } }]);
    viewer = startViewer(network);
    await viewer.get("segment-0.m4s");
    const first = channelOf(0);
    relay(0).chain.set(first, { deposit: 10n ** 18n, settledBytes: 100_000n, closed: true });
    await sleep(200);
    expect(await viewer.get("segment-1.m4s")).to.have.length(100_000);
    expect(channelOf(0).nonce).to.not.equal(first.nonce);
  });

  it("asks nothing of a relay while the close of its channel is pending", async () => {
    network = await startNetwork([{ limits: { watchMs: 20 } }]);
    viewer = startViewer(network, { timing: { giveUp: 2_000 } });
    await viewer.get("segment-0.m4s");
    relay(0).chain.set(channelOf(0), { deposit: 10n ** 18n, closeRequestedAt: 1_900_000_000 });
    await sleep(200);
    expect(await errorCode(viewer.get("segment-1.m4s"))).to.equal("no-relay-left");
    expect((await viewer.close()).relays[0]).to.have.property("problem", "close-pending");
  });

  describe("given a budget that one channel takes whole", () => {
    // 10^16 per GiB: the first step of funding would be twice the budget, so it takes all of it.
    const budget = (100_000n * 10n ** 16n) >> 30n;

    const reopen = async (channel: ViewerChain["channel"]): Promise<bigint> => {
      const chain: ViewerChain = { channel, activeStake: async () => Promise.resolve(0n) };
      const store = memoryStore();
      network = await startNetwork([{ limits: { watchMs: 20 } }]);
      viewer = startViewer(network, { store, budget, policy: { postBytes: 1n } });
      await viewer.get("segment-0.m4s");
      expect((await viewer.close()).funded).to.equal(budget);
      relay(0).chain.set(channelOf(0), { deposit: budget, settledBytes: 50_000n, closed: true });
      await sleep(200);
      viewer = startViewer(network, { store, budget, chain, policy: { postBytes: 1n } });
      await viewer.get("segment-1.m4s");
      await viewer.close();
      return (
        relay(0)
          .posts.flatMap(({ fund }) => fund?.total ?? [])
          .at(-1) ?? 0n
      );
    };

    it("goes on with what a closed channel did not cost, once the chain says so", async () => {
      const channel = async () => Promise.resolve({ closed: true, settledBytes: 50_000n });
      expect(await reopen(channel)).to.equal(budget - ((50_000n * 10n ** 16n) >> 30n));
    });

    it("takes no relay's word for it", async () => {
      const channel = async () => Promise.resolve({ closed: false, settledBytes: 0n });
      expect(await reopen(channel)).to.equal(budget);
      const nonces = new Set(relay(0).credentials.map(({ payload }) => payload.channel.nonce));
      expect(nonces.size).to.equal(2);
    });

    it("keeps the share of a channel when the chain does not answer, and says so", async () => {
      const channel = async () => Promise.reject(new Error("no node"));
      expect(await reopen(channel)).to.equal(budget);
      expect(viewer.events.some((event) => event.type === "failed" && event.what === "chain")).to.equal(true);
    });
  });

  it("refuses a store that holds what no viewer wrote", async () => {
    network = await startNetwork([{}]);
    const memory = memoryStore();
    viewer = startViewer(network, { store: memory });
    await viewer.get("segment-0.m4s");
    await viewer.close();
    const keys = (await memory.entries("weir/")).map(([each]) => each);
    const key = keys.find((each) => each.includes("/channel/"))!;
    await memory.set(key, "[");
    viewer = startViewer(network, { store: memory });
    expect(await errorCode(viewer.get("segment-0.m4s"))).to.equal("storage-failed");
  });

  describe("given a store that takes nothing", () => {
    it("signs no funding, says why, and plays on within the relay's credit", async () => {
      network = await startNetwork([{}]);
      const memory = memoryStore();
      const set = async (key: string, value: string): Promise<void> =>
        key.includes("/channel/") ? Promise.reject(new Error("disk full")) : memory.set(key, value);
      viewer = startViewer(network, { store: { ...memory, set }, policy: { postBytes: 1n } });
      for (const name of names) await viewer.get(name);
      await viewer.close();
      const codes = viewer.events.flatMap((event) => (event.type === "failed" ? event.error.code : []));
      expect(codes).to.include("storage-failed");
      expect(relay(0).posts.filter(({ fund }) => fund !== undefined)).to.deep.equal([]);
    });

    it("does not play what it could not remember", async () => {
      network = await startNetwork([{}]);
      const broken = { ...memoryStore(), set: async () => Promise.reject(new Error("disk full")) };
      viewer = startViewer(network, { store: broken });
      expect(await errorCode(viewer.get("segment-0.m4s"))).to.equal("storage-failed");
    });

    it("refuses to begin when it cannot be read", async () => {
      network = await startNetwork([{}]);
      const broken = { ...memoryStore(), entries: async () => Promise.reject(new Error("no access")) };
      viewer = startViewer(network, { store: broken });
      expect(await errorCode(viewer.get("segment-0.m4s"))).to.equal("storage-failed");
    });
  });

  describe("given a manifest", () => {
    const stranger = privateKeySigner(testKey(66));
    const forged = async (): Promise<string> => {
      const resources = [{ path: "segment-0.m4s", bytes: randomFile(100) }];
      const about = { publisher: stranger.address, name: "test stream", sequence: 9n, notAfter: 4_102_444_800n };
      return formatManifest(await signManifest(await buildManifest({ ...about, resources }), stranger));
    };
    const expired = async (): Promise<string> => {
      const resources = [{ path: "segment-0.m4s", bytes: randomFile(100) }];
      const about = { publisher: publisher.address, name: "test stream", sequence: 9n, notAfter: 1n };
      return formatManifest(await signManifest(await buildManifest({ ...about, resources }), publisher));
    };
    const otherStream = async (): Promise<string> => {
      const resources = [{ path: "segment-0.m4s", bytes: randomFile(100) }];
      const about = { publisher: publisher.address, name: "another", sequence: 9n, notAfter: 4_102_444_800n };
      return formatManifest(await signManifest(await buildManifest({ ...about, resources }), publisher));
    };
    for (const [what, text, code] of [
      ["of another publisher", forged, "manifest-unsigned"],
      ["that has expired", expired, "manifest-stale"],
      ["of another stream", otherStream, "manifest-invalid"],
      ["that is none", async () => Promise.resolve("{}"), "manifest-invalid"],
      ["that is not text", async () => Promise.resolve("\u0000\ud800"), "manifest-invalid"],
    ] as const) {
      it(`takes no manifest ${what}, but another relay's`, async () => {
        network = await startNetwork([{}, {}]);
        const body = await text();
        relay(0).tamper = async (request, real) =>
          new URL(request.url).pathname.endsWith("weir.json") ? new Response(body) : real(request);
        viewer = startViewer(network);
        expect(await viewer.get("segment-0.m4s")).to.deep.equal(network.bytes("segment-0.m4s"));
        const failure = viewer.events.find((event) => event.type === "failed");
        expect(failure?.error.code).to.equal(code);
      });
    }

    it("does not take the trouble of a relay's store for trouble of its own", async () => {
      network = await startNetwork([{}]);
      relay(0).tamper = () => respondProblem(new WeirError("storage-failed", "not started"), { retryAfter: 1 });
      viewer = startViewer(network);
      expect(await errorCode(viewer.get("segment-0.m4s"))).to.equal("no-relay-left");
    });

    it("never goes back to an older one, even after a reload", async () => {
      network = await startNetwork([{}]);
      const store = memoryStore();
      const resources = [{ path: "segment-0.m4s", bytes: network.source.files.get("segment-0.m4s")! }];
      let sequence = 5n;
      relay(0).tamper = async (request, real) =>
        new URL(request.url).pathname.endsWith("weir.json")
          ? new Response(formatManifest(await testManifest(resources, sequence)))
          : real(request);
      viewer = startViewer(network, { store });
      await viewer.get("segment-0.m4s");
      await viewer.close();
      sequence = 4n;
      viewer = startViewer(network, { store });
      expect(await errorCode(viewer.get("segment-0.m4s"))).to.equal("no-relay-left");
    });
  });

  describe("given a live stream", () => {
    const playlist = (sequence: number): Uint8Array<ArrayBuffer> =>
      jsonFile(`#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:${String(sequence)}\n`);

    it("finds a resource that a newer manifest lists", async () => {
      network = await startNetwork([{ limits: { reloadSeconds: 1 } }]);
      viewer = startViewer(network);
      await viewer.get("segment-0.m4s");
      const { files } = network.source;
      files.set("segment-8.m4s", randomFile(5_000));
      const resources = [...files].filter(([path]) => path !== "weir.json").map(([path, bytes]) => ({ path, bytes }));
      files.set("weir.json", jsonFile(formatManifest(await testManifest(resources, 1n))));
      await sleep(1_100);
      expect(await viewer.get("segment-8.m4s")).to.deep.equal(network.bytes("segment-8.m4s"));
      expect(viewer.status().sequence).to.equal(1n);
    });

    it("loads its playlist, which nobody lists or pays for", async () => {
      network = await startNetwork([{}]);
      network.source.files.set("live.m3u8", playlist(7));
      viewer = startViewer(network);
      const response = await viewer.fetch("live.m3u8");
      expect(response.headers.get("content-type")).to.equal("application/vnd.apple.mpegurl");
      expect(await response.text()).to.equal(new TextDecoder().decode(playlist(7)));
      expect((await viewer.close()).spent).to.equal(0n);
    });

    it("refuses a playlist that goes back in time, and asks another relay", async () => {
      network = await startNetwork([{}, {}]);
      network.source.files.set("live.m3u8", playlist(7));
      viewer = startViewer(network, { timing: { giveUp: 2_000 } });
      await viewer.get("live.m3u8");
      relay(0).tamper = async (request, real) =>
        request.url.includes("live.m3u8") ? new Response(playlist(6)) : real(request);
      expect(await viewer.get("live.m3u8")).to.deep.equal(playlist(7));
      relay(1).tamper = relay(0).tamper;
      expect(await errorCode(viewer.get("live.m3u8"))).to.equal("no-relay-left");
    });
  });
});
