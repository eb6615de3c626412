import { expect } from "chai";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatManifest } from "../../../sdk/core/index.ts";
import { parseProblem } from "../../../sdk/http/index.ts";
import { originSource } from "../../../sdk/relay/index.ts";
import type { RelayOptions, RelayStreamOptions } from "../../../sdk/relay/index.ts";
import { startBadOrigin } from "../../helpers/badOrigin.ts";
import type { BadOrigin, OriginMood } from "../../helpers/badOrigin.ts";
import { errorCode } from "../../helpers/errorCode.ts";
import { eventually } from "../../helpers/eventually.ts";
import { paperDomain, publisher, randomFile, startRelayFixture, testManifest } from "../../helpers/relayFixture.ts";
import type { RelayFixture } from "../../helpers/relayFixture.ts";
import { testViewer } from "../../helpers/testViewer.ts";
import type { TestViewer } from "../../helpers/testViewer.ts";

const ENCODER = new TextEncoder();
const SEGMENT = "segment-0.m4s";
const PLAYLIST = "live.m3u8";
const SIZE = 50_000;

/** Moods after which the very same request cannot succeed, and what the viewer is told. */
const LASTING: Readonly<Partial<Record<OriginMood, string>>> = {
  "truncates quietly": "content-mismatch",
  understates: "content-mismatch",
  appends: "content-mismatch",
  changed: "content-mismatch",
  redirects: "origin-unavailable",
  missing: "origin-unavailable",
  overloaded: "origin-unavailable",
};

/** Moods after which the origin is asked again. */
const PASSING: readonly OriginMood[] = [
  "truncates",
  "stalls",
  "stalls halfway",
  "lies about gzip",
  "fails",
  "hangs up",
  "babbles",
];

describe("A relay before an origin that misbehaves", () => {
  let origin: BadOrigin;
  let fixture: RelayFixture;
  let viewer: TestViewer;
  let bytes: Uint8Array<ArrayBuffer>;
  const folders: string[] = [];

  const streamOf = (options: Parameters<typeof originSource>[1] = {}): RelayStreamOptions => ({
    path: "/video/",
    source: originSource(origin.url, { timeoutMs: 3_000, stallMs: 1_000, ...options }),
    publisher: publisher.address,
  });
  const start = async (change: Partial<RelayOptions> = {}): Promise<void> => {
    fixture = await startRelayFixture({ streams: [streamOf()], ...change });
    viewer = await testViewer({ ...fixture, domain: paperDomain });
    await viewer.open();
  };
  /** A relay of which nobody opens a session. */
  const startOnly = async (change: Partial<RelayOptions>): Promise<void> => {
    fixture = await startRelayFixture({ streams: [streamOf({ attempts: 1 })], ...change });
  };
  const codeOf = async (response: Response): Promise<string> =>
    parseProblem(await response.text(), response.status).error.code;

  beforeEach(async () => {
    bytes = randomFile(SIZE);
    const resources = [SEGMENT, "segment-1.m4s"].map((path) => ({
      path,
      bytes: path === SEGMENT ? bytes : randomFile(SIZE),
    }));
    const manifest = await testManifest(resources);
    origin = await startBadOrigin([
      ...resources.map((each) => [each.path, each.bytes] as const),
      ["weir.json", ENCODER.encode(formatManifest(manifest))],
      [PLAYLIST, ENCODER.encode("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nsegment-0.m4s\n")],
    ]);
  });
  afterEach(async () => {
    await fixture.stop();
    await origin.stop();
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  it("never serves, signs or charges what is wrong, and serves the next viewer what is right", async () => {
    await start({ streams: [streamOf({ attempts: 1 })] });
    for (const mood of [...(Object.keys(LASTING) as OriginMood[]), ...PASSING, "trickles" as const]) {
      origin.mood = mood;
      const response = await viewer.get(SEGMENT);
      expect([response.status, response.headers.has("weir-delivery")], mood).to.deep.equal([502, false]);
      expect(await codeOf(response), mood).to.equal(LASTING[mood] ?? "origin-unavailable");
    }
    const { state } = (await fixture.options.store.readChannel(viewer.id))!;
    expect([state.served, state.transfers]).to.deep.equal([0n, []]);
    origin.mood = "right";
    expect(await viewer.download(SEGMENT)).to.deep.equal(bytes);
    expect((await viewer.pay()).acknowledged.deliveredBytes).to.equal(BigInt(SIZE));
  });

  it("asks again when that may help, and the viewer never notices", async () => {
    await start();
    origin.moods.push("stalls halfway", "hangs up");
    expect(await viewer.download(SEGMENT)).to.deep.equal(bytes);
    expect(origin.asked(SEGMENT)).to.equal(3);
  });

  it("takes what an origin compresses, because the hash is what counts", async () => {
    await start();
    origin.mood = "gzips";
    expect(await viewer.download(SEGMENT)).to.deep.equal(bytes);
  });

  it("asks once for a thousand viewers, and nobody who leaves takes it from the others", async () => {
    await startOnly({ streams: [{ ...streamOf({ timeoutMs: 20_000, stallMs: 20_000 }), free: true }] });
    origin.delayMs = 100;
    const responses = Array.from({ length: 1_000 }, async () => fixture.fetch(`/video/${SEGMENT}`));
    const digests = await Promise.all(
      responses.map(async (pending, i) => {
        const response = await pending;
        if (i % 2 === 0) return digest(response);
        await response.body?.cancel();
        return digestOf(bytes);
      }),
    );
    expect(new Set(digests)).to.deep.equal(new Set([digestOf(bytes)]));
    expect(origin.asked(SEGMENT)).to.equal(1);
    await Promise.all(Array.from({ length: 1_000 }, async () => (await fixture.fetch(`/video/${PLAYLIST}`)).text()));
    expect(origin.asked(PLAYLIST)).to.equal(1);
  });

  it("asks the origin whether manifest and playlist changed, instead of for all of them", async () => {
    await start();
    fixture.time.now += 5;
    const looks = (): typeof origin.requests => origin.requests.filter(({ path }) => path === "weir.json");
    await eventually("it looked once more", async () => {
      await fixture.fetch("/video/weir.json");
      return looks()[1];
    });
    const [first, second] = looks();
    expect([first?.headers["if-none-match"], typeof second?.headers["if-none-match"]]).to.deep.equal([
      undefined,
      "string",
    ]);
    expect(second?.headers["cache-control"]).to.equal("no-cache");
    const manifest = await testManifest([{ path: "new.m4s", bytes }], 1n);
    origin.files.set("weir.json", ENCODER.encode(formatManifest(manifest)));
    origin.files.set("new.m4s", bytes);
    fixture.time.now += 5;
    await viewer.download("new.m4s");
  });

  it("goes on with what it has when the origin is gone, also after a restart, and says how old a playlist is", async () => {
    const cache = { folder: mkdtempSync(join(tmpdir(), "weir-cache-")), maxBytes: 2 ** 24 };
    folders.push(cache.folder);
    await start({ cache });
    await viewer.download(SEGMENT);
    expect((await viewer.get(PLAYLIST)).headers.get("age")).to.equal("0");
    await origin.stop();
    fixture.time.now += 100;
    await viewer.download(SEGMENT);
    expect((await fixture.fetch("/video/weir.json")).status).to.equal(200);
    expect(await codeOf(await viewer.get("segment-1.m4s"))).to.equal("origin-unavailable");
    await fixture.stop();

    await start({ cache });
    expect(await viewer.download(SEGMENT)).to.deep.equal(bytes);
    expect((await fixture.fetch("/video/weir.json")).status).to.equal(200);
    expect(fixture.logger.lines.join("\n")).to.contain("the last manifest that was kept is used");
    expect((await fixture.relay.status()).diskBytes).to.be.above(SIZE);
    const gone = await viewer.get(PLAYLIST);
    expect([gone.status, gone.headers.get("retry-after")]).to.deep.equal([502, "5"]);

    await origin.start();
    await viewer.download("segment-1.m4s");
    expect((await viewer.get(PLAYLIST)).status).to.equal(200);
  });

  it("does not let a manifest on disk stand for another publisher's, nor outlive its time", async () => {
    const cache = { folder: mkdtempSync(join(tmpdir(), "weir-cache-")), maxBytes: 2 ** 24 };
    folders.push(cache.folder);
    await start({ cache });
    await fixture.stop();
    await origin.stop();
    const { address } = publisher;
    const other = address.replace(/.$/, (last) => (last === "0" ? "1" : "0")) as typeof address;
    await startOnly({ cache, streams: [{ ...streamOf(), publisher: other }] });
    expect(await codeOf(await fixture.fetch("/video/weir.json"))).to.equal("origin-unavailable");
    await fixture.stop();
    await startOnly({ cache, clock: () => 4_102_444_801 });
    expect((await fixture.fetch("/video/weir.json")).status).to.equal(502);
  });

  it("holds nobody up for a stalled origin, as long as it has what is asked for", async () => {
    await start({ streams: [streamOf({ timeoutMs: 60_000, stallMs: 60_000 })] });
    await viewer.download(SEGMENT);
    origin.mood = "stalls";
    fixture.time.now += 5;
    const answers = await Promise.all([viewer.get(SEGMENT), fixture.fetch("/video/weir.json")]);
    expect(answers.map(({ status }) => status)).to.deep.equal([200, 200]);
    await Promise.all(answers.map(async (answer) => answer.arrayBuffer()));
    origin.mood = "right";
  });
});

describe("An upstream origin as a source, when it fails", () => {
  const file = randomFile(1_000);
  let origin: BadOrigin;

  beforeEach(async () => {
    origin = await startBadOrigin([["a", file]]);
  });
  afterEach(async () => {
    await origin.stop();
  });

  it("is asked again after every fault that may pass", async () => {
    const source = originSource(origin.url, { stallMs: 1_000 });
    for (const mood of PASSING) {
      origin.requests.length = 0;
      origin.moods.push(mood);
      expect(await source.read("a", { maxBytes: 1_000 }), mood).to.deep.equal(file);
      expect(origin.requests, mood).to.have.length(2);
    }
  });

  it("is asked so often and no more, within its time", async () => {
    origin.mood = "fails";
    const source = originSource(origin.url, { attempts: 4 });
    expect(await errorCode(source.read("a", { maxBytes: 1_000 }))).to.equal("origin-unavailable");
    expect(origin.requests).to.have.length(4);
    const impatient = originSource(origin.url, { attempts: 1_000, timeoutMs: 400 });
    expect(await errorCode(impatient.read("a", { maxBytes: 1_000 }))).to.equal("origin-unavailable");
    expect(origin.requests.length).to.be.below(20);
  });

  it("is left alone when it says so, and when asking again is no use", async () => {
    for (const mood of ["overloaded", "redirects", "missing"] as const) {
      origin.mood = mood;
      origin.requests.length = 0;
      const code = await errorCode(originSource(origin.url).read("a", { maxBytes: 1_000 }));
      expect([code, origin.requests.length], mood).to.deep.equal([
        mood === "missing" ? "not-found" : "origin-unavailable",
        1,
      ]);
    }
  });

  it("gives parts as they are asked for, or none", async () => {
    const source = originSource(origin.url);
    const part = { maxBytes: 100, range: { first: 10, last: 109 } };
    expect(await source.read("a", part)).to.deep.equal(file.slice(10, 110));
    origin.mood = "another range";
    expect(await errorCode(source.read("a", part))).to.equal("origin-unavailable");
  });

  it("tells what changed, and how old caches on the way say it is", async () => {
    const source = originSource(origin.url);
    origin.age = 7;
    const first = await source.readNewer!("a", { maxBytes: 1_000 });
    expect([first.bytes, first.age]).to.deep.equal([file, 7]);
    const again = await source.readNewer!("a", { maxBytes: 1_000, known: first });
    expect([again.bytes, again.etag]).to.deep.equal([undefined, first.etag]);
    origin.files.set("a", randomFile(1_000));
    const newer = await source.readNewer!("a", { maxBytes: 1_000, known: first });
    expect(newer.bytes).to.deep.equal(origin.files.get("a"));
    expect(await errorCode(source.readNewer!("a", { maxBytes: 10 }))).to.equal("oversized-message");
  });
});

async function digest(response: Response): Promise<string> {
  return digestOf(new Uint8Array(await response.arrayBuffer()));
}

function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
