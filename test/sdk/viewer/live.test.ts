import { expect } from "chai";
import fc from "fast-check";
import { formatManifest } from "../../../sdk/core/index.ts";
import type { Manifest } from "../../../sdk/core/index.ts";
import { buildManifest, signManifest } from "../../../sdk/publisher/index.ts";
import { coverPlaylist } from "../../../sdk/viewer/coverPlaylist.ts";
import { errorCode } from "../../helpers/errorCode.ts";
import { eventually } from "../../helpers/eventually.ts";
import { memorySource, publisher, randomFile } from "../../helpers/relayFixture.ts";
import type { MemorySource } from "../../helpers/relayFixture.ts";
import { startNetwork, startViewer } from "./relayNetwork.ts";
import type { RelayNetwork, Tamper, TestedViewer } from "./relayNetwork.ts";

const TARGET = 2;
const LISTED = 3;
const utf8 = new TextEncoder();

/** A live stream in memory: segments by number, each state of playlist and manifest on demand. */
class LiveStream {
  readonly source: MemorySource = memorySource();
  validSeconds = 60;

  segment(number: number): string {
    const path = `${number}.m4s`;
    if (!this.source.files.has(path)) this.source.files.set(path, randomFile(20_000));
    return path;
  }

  async manifest(first: number, last: number, sequence = last): Promise<Manifest> {
    const resources = range(first, last).map((number) => {
      const path = this.segment(number);
      return { path, bytes: this.source.files.get(path) ?? new Uint8Array() };
    });
    const notAfter = BigInt(Math.floor(Date.now() / 1_000) + this.validSeconds);
    const content = {
      publisher: publisher.address,
      name: "test stream",
      sequence: BigInt(sequence),
      notAfter,
      resources,
    };
    return signManifest(await buildManifest(content), publisher);
  }

  playlist(last: number, first = Math.max(0, last - LISTED + 1)): string {
    const lines = range(first, last).flatMap((number) => [`#EXTINF:${TARGET}.0,`, this.segment(number)]);
    return ["#EXTM3U", `#EXT-X-TARGETDURATION:${TARGET}`, `#EXT-X-MEDIA-SEQUENCE:${first}`, ...lines, ""].join("\n");
  }

  /** What relays find: the manifest up to one segment, the playlist up to another. */
  async put(signed: number, listed = signed): Promise<void> {
    const first = Math.max(0, Math.min(signed, listed) - 2 * LISTED);
    this.source.files.set("weir.json", utf8.encode(formatManifest(await this.manifest(first, signed))));
    this.source.files.set("live.m3u8", utf8.encode(this.playlist(listed)));
  }
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** The last segment that a playlist names. */
function edge(playlist: Uint8Array): number {
  return Number(/([0-9]+)\.m4s\n$/.exec(new TextDecoder().decode(playlist))?.[1] ?? NaN);
}

const answer = (text: string): Response => new Response(text, { headers: { "content-type": "text/plain" } });

describe("a viewer of a live stream", () => {
  let stream: LiveStream;
  let network: RelayNetwork;
  let viewer: TestedViewer;

  const begin = async (relays = 1): Promise<void> => {
    network = await startNetwork(
      Array.from({ length: relays }, () => ({})),
      { source: stream.source },
    );
    viewer = startViewer(network);
  };
  const now = async (): Promise<number> => edge(await viewer.get("live.m3u8"));
  const tamper = (index: number, change: Tamper): void => {
    const relay = network.relays[index];
    if (relay !== undefined) relay.tamper = change;
  };
  /** One relay keeps answering what there was when this was called. */
  const freeze = (index: number, ...names: string[]): void => {
    const old = new Map(names.map((name) => [name, new TextDecoder().decode(stream.source.files.get(name))]));
    tamper(index, (request, relay) => {
      const text = old.get(new URL(request.url).pathname.replace("/video/", ""));
      return text === undefined ? relay(request) : answer(text);
    });
  };

  beforeEach(() => {
    stream = new LiveStream();
  });
  afterEach(async () => {
    await viewer.close();
    await network.stop();
  });

  it("follows it, and finds every segment that it is shown", async () => {
    await stream.put(4);
    await begin();
    for (let last = 4; last < 9; last++) {
      await stream.put(last);
      expect(await now()).to.equal(last);
      expect(await viewer.get(`${last}.m4s`)).to.deep.equal(network.bytes(`${last}.m4s`));
    }
    expect(viewer.status().sequence).to.equal(8n);
    expect(viewer.events.filter(({ type }) => type === "failed")).to.deep.equal([]);
  });

  it("holds a playlist back until the manifest covers it", async () => {
    await stream.put(4);
    await begin();
    await now();
    await stream.put(4, 5);
    const waiting = now();
    // The publisher signs when the relay was asked for the manifest that does not do yet.
    const asked = (): number => network.relays[0]?.asked.filter((name) => name === "weir.json").length ?? 0;
    const before = asked();
    while (asked() < before + 2) await new Promise((resolve) => setTimeout(resolve, 5));
    await stream.put(5);
    expect(await waiting).to.equal(5);
  });

  it("shows as much as is signed of a playlist that stays ahead of the manifest", async () => {
    await stream.put(4);
    await begin();
    await stream.put(4, 6);
    expect(await now()).to.equal(4);
    await stream.put(6);
    expect(await now()).to.equal(6);
  });

  it("takes the manifest from another relay when the one it asks lags", async () => {
    await stream.put(4);
    await begin(2);
    await now();
    freeze(0, "weir.json");
    await stream.put(5);
    expect(await now()).to.equal(5);
    expect(await viewer.get("5.m4s")).to.deep.equal(network.bytes("5.m4s"));
  });

  it("refuses yesterday's playlist and manifest, and takes them from another relay", async () => {
    await stream.put(4);
    await begin(2);
    const yesterday = (): void => {
      freeze(0, "weir.json", "live.m3u8");
    };
    yesterday();
    await stream.put(40);
    // A viewer that comes may get it, if it still holds, until it has stood still for too long.
    await eventually("the other relay is followed", async () => ((await now()) === 40 ? true : undefined));
    tamper(0, (request, relay) => relay(request));
    await stream.put(41);
    expect(await now()).to.equal(41);
    yesterday();
    await stream.put(42);
    const seen = [await now(), await now()];
    expect(seen.every((each) => each >= 41)).to.equal(true);
    await eventually("the other relay is followed", async () => ((await now()) === 42 ? true : undefined));
  }).timeout(20_000);

  it("refuses yesterday's segment, does not pay for it, and takes it from another relay", async () => {
    await stream.put(4);
    await begin(2);
    tamper(0, (request, relay) =>
      request.url.includes("4.m4s") ? new Response(network.bytes("0.m4s").slice()) : relay(request),
    );
    await now();
    for (let i = 0; i < 4; i++) expect(await viewer.get("4.m4s")).to.deep.equal(network.bytes("4.m4s"));
    const { relays } = await viewer.close();
    expect(relays[0]?.verifiedBytes).to.equal(0n);
  });

  it("goes to another relay when a playlist stands still for too long", async () => {
    await stream.put(4);
    await begin(2);
    await now();
    freeze(0, "live.m3u8");
    await stream.put(5);
    await eventually("the other relay is followed", async () => ((await now()) === 5 ? true : undefined));
    expect(await now(), "and stays there").to.equal(5);
  }).timeout(20_000);

  it("says that the publisher is silent, once, and goes on when it signs again", async () => {
    stream.validSeconds = 2;
    await stream.put(4);
    await begin();
    await now();
    const code = await eventually("a playlist is refused", async () => {
      const told = await errorCode(async () => viewer.get("live.m3u8"));
      return told === "none" ? undefined : told;
    });
    expect(code).to.equal("publisher-silent");
    expect(await errorCode(async () => viewer.get("4.m4s"))).to.equal("publisher-silent");
    expect(viewer.events.filter(({ type }) => type === "expired")).to.have.length(1);
    stream.validSeconds = 60;
    await stream.put(5);
    expect(await now()).to.equal(5);
    expect(viewer.events.at(-1)?.type).to.not.equal("expired");
  }).timeout(20_000);
});

describe("coverPlaylist", () => {
  const playlist = (names: readonly string[]): string =>
    ["#EXTM3U", '#EXT-X-MAP:URI="init.mp4"', ...names.flatMap((name) => ["#EXTINF:1,", name]), ""].join("\n");

  it("shows nothing that is not listed but what is older than all that is", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 12 }), (listed) => {
        const names = listed.map((_, i) => `s${i}.ts`);
        const lists = (path: string): boolean => listed[Number(/s([0-9]+)/.exec(path)?.[1])] === true;
        const cover = coverPlaylist(playlist(names), "v0/a.m3u8", lists);
        const first = listed.indexOf(true);
        const end = listed.indexOf(false, first);
        const shown = names.filter((name) => cover?.text.includes(`${name}\n`) === true);
        expect(cover === undefined).to.equal(first < 0);
        if (first < 0) return;
        expect(shown).to.deep.equal(names.slice(0, end < 0 ? names.length : end));
        expect(cover?.isWhole).to.equal(end < 0);
      }),
    );
  });

  it("resolves names as players do, and takes none from outside the stream", () => {
    const seen: string[] = [];
    const lists = (path: string): boolean => seen.push(path) > 0;
    coverPlaylist(playlist(["../v1/%41.ts?x", "https://elsewhere.example/b.ts", "/c.ts"]), "v0/a.m3u8", lists);
    expect(seen).to.deep.equal(["v1/A.ts", "c.ts"].slice(0, 1));
  });

  it("takes what is not a playlist of whole segments as it is", () => {
    for (const text of [
      "<MPD/>",
      "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv0.m3u8\n",
      "#EXTM3U\n#EXT-X-BYTERANGE:1@0\n#EXTINF:1,\na\n",
    ]) {
      expect(coverPlaylist(text, "a.m3u8", () => false)).to.deep.equal({ text, isWhole: true });
    }
  });
});
