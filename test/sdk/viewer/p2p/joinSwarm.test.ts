import { createHash } from "node:crypto";
import { expect } from "chai";
import type Hls from "hls.js";
import type { HlsConfig, Loader, LoaderCallbacks, LoaderConfiguration, LoaderContext } from "hls.js";
import { WeirError } from "../../../../sdk/core/index.ts";
import type { ManifestLeaf } from "../../../../sdk/core/index.ts";
import { joinSwarm } from "../../../../sdk/viewer/p2p/index.ts";
import type { HlsLoaders, SharedViewer, Swarm, SwarmEvent, SwarmOptions } from "../../../../sdk/viewer/p2p/index.ts";
import { errorCode } from "../../../helpers/errorCode.ts";
import { fakeEngine } from "./fakeEngine.ts";
import type { FakeEngine } from "./fakeEngine.ts";

const HOME = "https://relay.example/film/";
const KEY = `${HOME}segment-1.m4s`;
const STREAM_ID = `0x${"5".repeat(64)}` as const;
const OPTIONS: SwarmOptions = { trackers: ["wss://tracker.example"], rtcConfig: { iceServers: [] } };
const GOOD = Uint8Array.from({ length: 1_000 }, (_, index) => index % 251);
const BAD = GOOD.map((byte, index) => (index === 999 ? byte ^ 1 : byte));
const PEER = { peerId: "peer-1", streamType: "main" as const };
const SEGMENT = { runtimeId: KEY, externalId: 1, url: KEY, startTime: 0, endTime: 2 };

const buffer = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;
const soon = async (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

interface Setting {
  readonly swarm: Swarm;
  readonly engine: FakeEngine;
  readonly events: SwarmEvent[];
  /** What was asked of relays, with the range. */
  readonly paid: string[];
  readonly fromPeer: (key: string, bytes: Uint8Array) => Promise<boolean | undefined>;
  readonly fromRelay: (key: string, signal?: AbortSignal) => Promise<Request | null | undefined>;
}

/** A stream of one segment of 1,000 bytes, and of a file with a part of a hundred. */
function setting(change: Partial<SwarmOptions> = {}, engine = fakeEngine()): Setting {
  const paid: string[] = [];
  const leaf = (bytes: Uint8Array, rest: Pick<ManifestLeaf, "path" | "range">): ManifestLeaf => ({
    ...rest,
    contentHash: `0x${createHash("sha256").update(bytes).digest("hex")}`,
    size: BigInt(bytes.length),
  });
  const viewer: SharedViewer = {
    streamId: STREAM_ID,
    async listed(reference, { range } = {}) {
      if (reference === KEY && range === undefined) return Promise.resolve(leaf(GOOD, { path: "segment-1.m4s" }));
      if (reference !== `${HOME}all.mp4` || range?.last === undefined) throw new WeirError("path-not-listed");
      const { first, last } = range;
      return Promise.resolve(leaf(GOOD.subarray(first, last + 1), { path: "all.mp4", range: { first, last } }));
    },
    async fetch(reference, { range } = {}) {
      paid.push(range === undefined ? reference : `${reference} ${range.first}-${range.last ?? ""}`);
      if (reference.includes("nowhere")) throw new WeirError("no-relay-left");
      return Promise.resolve(new Response(buffer(range ? GOOD.subarray(range.first, (range.last ?? 0) + 1) : GOOD)));
    },
  };
  const swarm = joinSwarm(viewer, engine.Engine, { ...OPTIONS, ...change });
  const events: SwarmEvent[] = [];
  swarm.on((event) => events.push(event));
  return {
    ...{ swarm, engine, events, paid },
    fromPeer: async (key, bytes) => engine.core().validateP2PSegment?.(key, undefined, buffer(bytes)),
    fromRelay: async (key, signal = new AbortController().signal) =>
      engine.core().httpRequestSetup?.(key, undefined, signal, { start: 17 }),
  };
}

/** A peer sends a whole segment. */
async function deliver({ engine, fromPeer }: Setting, bytes: Uint8Array, peerId = PEER.peerId): Promise<void> {
  engine.tell("onSegmentStart", { segment: SEGMENT, downloadSource: "p2p", peerId });
  engine.tell("onChunkDownloaded", bytes.length, "p2p", peerId);
  await fromPeer(KEY, bytes);
  await soon();
}

describe("the options of a swarm", () => {
  it("name the swarm after the stream, and no URL or token", () => {
    const core = setting().engine.core();
    expect(core).to.deep.include({
      swarmId: STREAM_ID,
      announceTrackers: OPTIONS.trackers,
      isP2PUploadDisabled: false,
    });
    expect(setting({ upload: false }).engine.core().isP2PUploadDisabled).to.equal(true);
  });

  it("can be tuned, but not so that anything goes unchecked", () => {
    const sly = {
      ...{ highDemandTimeWindow: 3, swarmId: "theirs", validateP2PSegment: undefined, httpErrorRetries: 99 },
      ...{ mainStream: { validateP2PSegment: undefined }, customSegmentStorageFactory: () => undefined },
    };
    const core = setting({ tuning: sly }).engine.core();
    expect(core).to.deep.include({ highDemandTimeWindow: 3, swarmId: STREAM_ID, httpErrorRetries: 2 });
    expect(core.validateP2PSegment).to.be.a("function");
    expect(core).to.not.have.any.keys("mainStream", "customSegmentStorageFactory");
  });

  it("are refused with a reason: no tracker, a tracker that others can listen in on, no memory", async () => {
    for (const change of [
      { trackers: [] },
      { trackers: ["ws://tracker.example"] },
      { trackers: ["x"] },
      { memory: 0 },
    ]) {
      expect(await errorCode(Promise.resolve().then(() => setting(change)))).to.equal("malformed-message");
    }
    setting({ trackers: ["ws://127.0.0.1:8000", "ws://localhost:8000"] });
  });
});

describe("what comes from a peer", () => {
  it("is taken if it is what the manifest lists, whole or part, and costs nothing", async () => {
    const { events, fromPeer, paid } = setting();
    expect(await fromPeer(KEY, GOOD)).to.equal(true);
    expect(await fromPeer(`${HOME}all.mp4#100-199`, GOOD.subarray(100, 200))).to.equal(true);
    await soon();
    expect(events).to.deep.equal([
      { type: "shared", name: "segment-1.m4s", bytes: 1_000 },
      { type: "shared", name: "all.mp4#100-199", bytes: 100 },
    ]);
    expect(paid).to.deep.equal([]);
  });

  it("is refused if a bit is wrong, or the end is missing, or there is too much; and the peer is dropped", async () => {
    for (const bytes of [BAD, GOOD.subarray(0, 999), new Uint8Array([...GOOD, 0])]) {
      const world = setting();
      await deliver(world, bytes);
      const { dropped, peerBytes, refusedBytes } = world.swarm.status();
      expect({ dropped, peerBytes, refusedBytes }).to.deep.equal({
        ...{ dropped: 1, peerBytes: 0n, refusedBytes: BigInt(bytes.length) },
      });
      expect(world.events.map(({ type }) => type)).to.deep.equal(["refused", "dropped"]);
    }
  });

  it("is counted once, however often the engine asks about the same bytes, and the peer's connection ends", async () => {
    const world = setting();
    const { engine } = world;
    let closed = 0;
    engine.peers.set(PEER.peerId, { peer: { destroy: () => (closed += 1) } });
    engine.tell("onSegmentStart", { segment: SEGMENT, downloadSource: "p2p", peerId: PEER.peerId });
    engine.tell("onChunkDownloaded", BAD.length, "p2p", PEER.peerId);
    const bytes = buffer(BAD);
    const core = engine.core();
    const first = core.validateP2PSegment?.(KEY, undefined, bytes);
    const second = core.validateHTTPSegment?.(KEY, undefined, bytes);
    expect([await first, await second]).to.deep.equal([false, false]);
    await soon();
    expect(world.swarm.status()).to.deep.include({ dropped: 1, refusedBytes: BigInt(BAD.length) });
    expect(closed).to.equal(1);
  });

  it("is nobody's fault if the manifest does not list it yet", async () => {
    const { events, fromPeer, swarm } = setting();
    expect(await fromPeer(`${HOME}later.m4s`, GOOD)).to.equal(false);
    await soon();
    expect(events).to.have.nested.property("[0].type", "failed");
    expect(swarm.status()).to.deep.include({ dropped: 0, refusedBytes: 0n });
  });

  it("from a peer that was dropped is not even asked for: it is shown out when it comes back", async () => {
    const world = setting();
    const { engine, events } = world;
    engine.tell("onPeerConnect", PEER);
    await deliver(world, BAD);
    engine.tell("onPeerClose", PEER);
    let closed = 0;
    engine.peers.set(PEER.peerId, { peer: { destroy: () => (closed += 1) } });
    engine.tell("onPeerConnect", PEER);
    await soon();
    expect(closed).to.equal(1);
    expect(events.map(({ type }) => type)).to.deep.equal(["joined", "refused", "dropped", "left", "joined"]);
  });

  it("stops altogether where a dropped peer could not be kept out", async () => {
    const world = setting();
    await deliver(world, BAD);
    world.engine.hidePeers();
    world.engine.tell("onPeerConnect", PEER);
    await soon();
    expect(world.events.at(-1)).to.deep.equal({ type: "stopped", reason: "defenceless" });
    expect(world.engine.dynamic).to.deep.equal([{ isP2PDisabled: true }]);
    expect(world.swarm.status().active).to.equal(false);
  });

  it("stops altogether when ever new peers send nothing but wrong bytes", async () => {
    const world = setting();
    const much = new Uint8Array(3 << 20);
    for (let peer = 0; peer < 3; peer++) await deliver(world, much, `peer-${peer}`);
    await soon();
    expect(world.events.at(-1)).to.deep.equal({ type: "stopped", reason: "polluted" });
  });

  it("without end fills no memory: the peer is cut off", async () => {
    const { engine, events, swarm } = setting();
    let closed = 0;
    engine.peers.set(PEER.peerId, { peer: { destroy: () => (closed += 1) } });
    engine.tell("onSegmentStart", { segment: SEGMENT, downloadSource: "p2p", peerId: PEER.peerId });
    await soon();
    for (let sent = 0; closed === 0 && sent < 20; sent++) {
      engine.tell("onChunkDownloaded", 1 << 20, "p2p", PEER.peerId);
      await soon();
    }
    expect(closed).to.equal(1);
    expect(events.map(({ type }) => type)).to.deep.equal(["dropped"]);
    expect(Number(swarm.status().refusedBytes)).to.be.within(8 << 20, 10 << 20);
  });

  it("in two pieces does not fall back on the peer that sent the right one", async () => {
    const { engine, events, fromPeer, fromRelay } = setting();
    for (const [peerId, bytes] of [["stopped", 400] as const, ["finished", 600] as const]) {
      engine.tell("onSegmentStart", { segment: SEGMENT, downloadSource: "p2p", peerId });
      engine.tell("onChunkDownloaded", bytes, "p2p", peerId);
      if (peerId !== "stopped") continue;
      const error = { type: "bytes-receiving-timeout" } as never; // Its class is for browsers alone.
      engine.tell("onSegmentError", { error, segment: SEGMENT, downloadSource: "p2p", peerId, streamType: "main" });
    }
    const wrong = GOOD.map((byte, index) => (index === 0 ? byte ^ 1 : byte));
    expect(await fromPeer(KEY, wrong)).to.equal(false);
    await fromRelay(KEY);
    expect(await engine.core().validateHTTPSegment?.(KEY, undefined, buffer(GOOD))).to.equal(true);
    await soon();
    expect(events.filter(({ type }) => type === "dropped")).to.deep.equal([{ type: "dropped", peer: "stopped" }]);
  });
});

describe("what comes from relays", () => {
  it("comes whole, even where a peer began, and is found in memory", async () => {
    const { fromRelay, paid } = setting();
    const request = await fromRelay(KEY);
    const response = await fetch(request ?? "");
    expect([response.status, response.headers.get("content-length")]).to.deep.equal([200, "1000"]);
    expect(new Uint8Array(await response.arrayBuffer())).to.deep.equal(GOOD);
    await fromRelay(`${HOME}all.mp4#100-199`);
    expect(paid).to.deep.equal([KEY, `${HOME}all.mp4 100-199`]);
  });

  it("leaves memory when it was taken over, or nobody wants it any more", async () => {
    const { engine, fromRelay } = setting();
    const isThere = async (request: Request | null | undefined): Promise<boolean> =>
      fetch(request?.url ?? "").then(
        () => true,
        () => false,
      );
    const taken = await fromRelay(KEY);
    expect(await isThere(taken)).to.equal(true);
    await engine.core().validateHTTPSegment?.(KEY, undefined, buffer(GOOD));
    expect(await isThere(taken)).to.equal(false);
    const controller = new AbortController();
    const unwanted = await fromRelay(KEY, controller.signal);
    controller.abort();
    expect(await isThere(unwanted)).to.equal(false);
  });

  it("is paid once if the engine gives it up for something more urgent, and asks for it again", async () => {
    const { engine, fromRelay, paid } = setting();
    const controller = new AbortController();
    const first = fromRelay(KEY, controller.signal);
    controller.abort(new DOMException("not now", "AbortError"));
    expect(await first.catch((error: unknown) => (error as Error).name)).to.equal("AbortError");
    const response = await fetch((await fromRelay(KEY)) ?? "");
    expect(new Uint8Array(await response.arrayBuffer())).to.deep.equal(GOOD);
    expect(await engine.core().validateHTTPSegment?.(KEY, undefined, buffer(GOOD))).to.equal(true);
    expect(paid).to.deep.equal([KEY]);
    await fromRelay(KEY);
    expect(paid, "it was taken over").to.deep.equal([KEY, KEY]);
  });

  it("says why if it does not come", async () => {
    const { events, fromRelay } = setting();
    expect(await errorCode(fromRelay(`${HOME}nowhere.m4s`))).to.equal("no-relay-left");
    await soon();
    expect(events).to.have.nested.property("[0].error.code", "no-relay-left");
  });
});

/** A loader that calls back what a test gives it. */
function loaderClass(asked: LoaderContext[], answer: () => ArrayBuffer): HlsConfig["loader"] {
  return class {
    context: LoaderContext | null = null;
    stats = {} as Loader<LoaderContext>["stats"];
    destroy(): void {
      this.context = null;
    }
    abort(): void {
      this.context = null;
    }
    load(context: LoaderContext, _config: LoaderConfiguration, callbacks: LoaderCallbacks<LoaderContext>): void {
      asked.push(context);
      callbacks.onSuccess({ url: context.url, data: answer() }, this.stats, context, null);
    }
  };
}

describe("hls.js with a swarm", () => {
  const load = (Class: HlsLoaders["fLoader"], context: Partial<LoaderContext>): { data: unknown; context: unknown } => {
    let got: { data: unknown; context: unknown } = { data: undefined, context: undefined };
    const asked = { url: KEY, responseType: "arraybuffer", rangeStart: 0, rangeEnd: 0, ...context };
    const callbacks: Partial<LoaderCallbacks<LoaderContext>> = {
      onSuccess: ({ data }, _stats, back) => {
        got = { data, context: back };
      },
    };
    new Class({} as HlsConfig).load(asked as never, {} as LoaderConfiguration, callbacks as never);
    expect(got.context).to.equal(asked);
    return got;
  };

  it("gets copies, because it gives away what it gets; and every byte is counted once, by where it came from", async () => {
    const kept = buffer(GOOD);
    const shared = loaderClass([], () => kept);
    const world = setting({}, fakeEngine({ fLoader: shared, pLoader: shared }));
    const own = loaderClass([], () => kept);
    const { fLoader } = world.swarm.hlsConfig({ loader: own, fLoader: own, pLoader: own } as HlsLoaders);
    await world.fromPeer(KEY, GOOD);
    const { data } = load(fLoader, {});
    expect(data).to.deep.equal(kept);
    expect(data === kept).to.equal(false);
    load(fLoader, {});
    const part = `${HOME}all.mp4#100-199`;
    await world.fromRelay(part);
    await world.engine.core().validateHTTPSegment?.(part, undefined, buffer(GOOD.subarray(100, 200)));
    load(fLoader, { url: `${HOME}all.mp4`, rangeStart: 100, rangeEnd: 200 });
    const { offload, peerBytes, relayBytes } = world.swarm.status();
    expect({ offload, peerBytes, relayBytes }).to.deep.equal({ offload: 0.5, peerBytes: 1_000n, relayBytes: 1_000n });
  });

  it("asks the viewer for what the engine leaves to it, with the range that hls.js meant", () => {
    const asked: LoaderContext[] = [];
    const own = loaderClass(asked, () => buffer(GOOD));
    // As the engine's loaders do it with what is not shared.
    const engines = class {
      readonly #config: HlsConfig;
      constructor(config: HlsConfig) {
        this.#config = config;
      }
      load(...args: Parameters<Loader<LoaderContext>["load"]>): void {
        new this.#config.loader(this.#config).load(...args);
      }
    };
    const { swarm } = setting({}, fakeEngine({ fLoader: engines, pLoader: engines }));
    const config = swarm.hlsConfig({ loader: own, fLoader: own, pLoader: own } as HlsLoaders);
    load(config.fLoader, { url: `${HOME}all.mp4`, rangeStart: 0, rangeEnd: 50 });
    load(config.pLoader as unknown as HlsLoaders["fLoader"], { url: `${HOME}index.m3u8` });
    expect(asked[0]).to.deep.include({ url: `${HOME}all.mp4`, rangeStart: 0, rangeEnd: 50 });
    expect(asked[1]).to.deep.include({ url: `${HOME}index.m3u8` });
    expect(swarm.status().relayBytes).to.equal(1_000n);
  });

  it("shows the engine an address of the playlist, parts as files, and no reason to fall behind the live edge", () => {
    const { engine, swarm } = setting();
    const heard = new Map<string, (event: string, data: unknown) => void>();
    const hls = {
      media: null,
      config: { liveSyncDurationCount: 3 },
      userConfig: { lowLatencyMode: false },
      on: (event: string, listener: (event: string, data: unknown) => void) => heard.set(event, listener),
      off: (event: string, listener?: unknown) => heard.get(event) === listener && heard.delete(event),
    };
    swarm.attach(hls as unknown as Hls);
    const [view] = engine.bound as unknown as [typeof hls];
    const data: unknown[] = [];
    const listener = (_: string, each: unknown): number => data.push(each);
    for (const event of ["hlsManifestLoaded", "hlsLevelUpdated", "hlsDestroying"]) view.on(event, listener);
    expect(view.userConfig).to.deep.equal({ liveSyncDurationCount: 3, lowLatencyMode: false });
    heard.get("hlsManifestLoaded")?.("hlsManifestLoaded", {
      url: `${HOME}master.m3u8`,
      levels: [],
      networkDetails: null,
    });
    const fragment = { url: `${HOME}all.mp4`, byteRange: [10, 20], sn: 4, start: 8, end: 10, type: "main" };
    const details = { url: `${HOME}v.m3u8`, live: false, targetduration: 2, fragments: [fragment] };
    heard.get("hlsLevelUpdated")?.("hlsLevelUpdated", { details, level: 0 });
    heard.get("hlsDestroying")?.("hlsDestroying", undefined);
    expect(data[0]).to.have.nested.property("networkDetails.url", `${HOME}master.m3u8`);
    expect((data[0] as { networkDetails: unknown }).networkDetails).to.be.instanceOf(Response);
    expect(data[1])
      .to.have.nested.property("details.fragments")
      .that.deep.equals([{ ...fragment, url: `${HOME}all.mp4#10-19`, byteRange: [] }]);
    expect(data[2]).to.equal(undefined);
    view.off("hlsDestroying", listener);
    expect(heard.has("hlsDestroying")).to.equal(false);
  });

  it("can be switched off and on, and left for good", async () => {
    const { engine, swarm } = setting();
    swarm.setActive(true);
    swarm.setActive(false);
    await soon();
    swarm.setActive(true);
    await soon();
    expect(engine.dynamic).to.deep.equal([{ isP2PDisabled: true }, { isP2PDisabled: false }]);
    swarm.leave();
    swarm.setActive(true);
    await soon();
    expect(engine.dynamic.at(-1)).to.deep.equal({ isP2PDisabled: true });
    expect([swarm.status().active, engine.destroyed()]).to.deep.equal([false, 1]);
  });

  it("tells of trackers that fail, and counts what goes to peers", async () => {
    const { engine, events, swarm } = setting();
    engine.tell("onTrackerError", { streamType: "main", error: "gone" });
    engine.tell("onTrackerWarning", { streamType: "main", warning: new Error("slow") });
    engine.tell("onChunkUploaded", 64, PEER.peerId);
    await soon();
    expect(events.map((event) => (event.type === "failed" ? event.error.message : ""))).to.deep.equal(["gone", "slow"]);
    expect(swarm.status().uploadedBytes).to.equal(64n);
  });
});
