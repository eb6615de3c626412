import { expect } from "chai";
import { createHash } from "node:crypto";
import {
  assertSigner,
  channelId,
  formatManifest,
  hashMessage,
  isSameAddress,
  nextSegmentsRoot,
  parseManifest,
  resourceId,
} from "../../../sdk/core/index.ts";
import type { Hex } from "../../../sdk/core/index.ts";
import { parsePaymentReceipt, parseProblem, parseTerms, parseWwwAuthenticate } from "../../../sdk/http/index.ts";
import {
  memorySource,
  paperDeployment,
  paperDomain,
  payee,
  publisher,
  randomFile,
  startRelayFixture,
  testManifest,
} from "../../helpers/relayFixture.ts";
import type { MemorySource, RelayFixture } from "../../helpers/relayFixture.ts";
import { testViewer } from "../../helpers/testViewer.ts";
import type { TestViewer } from "../../helpers/testViewer.ts";

const ENCODER = new TextEncoder();

async function codeOf(response: Response): Promise<string> {
  return parseProblem(await response.text(), response.status).error.code;
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** A stream with a whole file, a file listed by ranges too, one by ranges alone, and a playlist that is not listed. */
async function rangedStream(): Promise<MemorySource> {
  const both = randomFile(1_000);
  const parts = randomFile(1_000);
  const range = (first: number, last: number): { range: { first: number; last: number } } => ({
    range: { first, last },
  });
  const manifest = await testManifest([
    { path: "whole.m4s", bytes: randomFile(500) },
    { path: "both.mp4", bytes: both },
    { path: "both.mp4", ...range(0, 99), bytes: both.slice(0, 100) },
    { path: "both.mp4", ...range(900, 999), bytes: both.slice(900) },
    { path: "parts.mp4", ...range(0, 399), bytes: parts.slice(0, 400) },
    { path: "parts.mp4", ...range(400, 999), bytes: parts.slice(400) },
  ]);
  return memorySource([
    ["weir.json", ENCODER.encode(formatManifest(manifest))],
    ["both.mp4", both],
    ["parts.mp4", parts],
    ["live.m3u8", ENCODER.encode("#EXTM3U\n".repeat(50_000))],
  ]);
}

describe("A relay", () => {
  let fixture: RelayFixture;
  let viewer: TestViewer;

  const start = async (change: Parameters<typeof startRelayFixture>[0] = {}): Promise<void> => {
    fixture = await startRelayFixture(change);
    viewer = await testViewer({ ...fixture, domain: paperDomain });
  };
  const startWith = async (source: MemorySource, more: object = {}): Promise<void> => {
    await start({ streams: [{ path: "/video/", source, publisher: publisher.address, ...more }] });
  };
  afterEach(async () => {
    await fixture.stop();
  });

  describe("serving a metered stream", () => {
    it("H1: brings a challenge for the stream that is asked about, and none for others", async () => {
      await start();
      const ask = async (manifest: string): Promise<Response> =>
        fixture.fetch(`/.well-known/weir?manifest=${manifest}`);
      const response = await ask("/video/weir.json");
      expect(response.status).to.equal(200);
      expect(response.headers.get("cache-control")).to.equal("no-store");
      const challenge = parseWwwAuthenticate(response.headers.get("www-authenticate") ?? "");
      expect(challenge?.request).to.be.a("string");
      const other = await ask("/other/weir.json");
      expect(other.status).to.equal(200);
      expect(other.headers.has("www-authenticate")).to.equal(false);
    });

    it("H1: states its terms", async () => {
      await start();
      const response = await fixture.fetch("/.well-known/weir");
      expect(response.headers.get("content-type")).to.equal("application/json");
      const terms = parseTerms(await response.text(), fixture.origin);
      expect(terms).to.include({ chainId: 31_337, payee, agent: payee, pricePerGiB: 10n ** 16n, gracePeriod: 86_400 });
      expect(isSameAddress(terms.paymentChannels, paperDeployment.paymentChannels.address)).to.equal(true);
      expect(terms.limits).to.deep.equal({ maxEntries: 256, maxBodyBytes: 65_536, tokenSeconds: 600 });
    });

    it("H3, H5, H6: serves, is paid, and acknowledges with the viewer's own signature", async () => {
      await start();
      const opened = await viewer.open();
      expect(opened.acknowledged).to.deep.equal({ deliveredBytes: 0n, segmentsRoot: viewer.seed });
      expect([opened.covered, opened.credit]).to.deep.equal([0n, 8_388_608n]);
      const bytes = await viewer.download("segment-0.m4s");
      expect(bytes).to.deep.equal(fixture.source.files.get("segment-0.m4s"));
      await viewer.download("segment-1.m4s");
      const signed = (await viewer.step()).receipt;
      const answer = await viewer.pay();
      expect(answer.acknowledged).to.deep.equal(signed);
      await viewer.download("segment-2.m4s");
      expect((await viewer.pay()).acknowledged.deliveredBytes).to.equal(300_000n);
      const log = await fixture.options.store.readLog(viewer.id);
      expect(log.map(({ entries }) => entries.length)).to.deep.equal([2, 1]);
      const roots = log.flatMap(({ entries }) => entries).reduce(nextSegmentsRoot, viewer.seed);
      expect(roots).to.equal(viewer.totals.segmentsRoot);
    });

    it("H5: signs a delivery of exactly what it sends, under the root of the manifest", async () => {
      await start();
      await viewer.open();
      const response = await viewer.get("segment-3.m4s");
      const bytes = new Uint8Array(await response.arrayBuffer());
      const manifest = parseManifest(await (await fixture.fetch("/video/weir.json")).text());
      const digest = hashMessage(paperDomain, "Delivery", {
        channelId: viewer.id,
        manifestRoot: manifest.root,
        resource: resourceId("segment-3.m4s"),
        contentHash: `0x${sha256(bytes)}`,
        size: BigInt(bytes.length),
      });
      assertSigner(digest, response.headers.get("weir-delivery"), payee);
      expect(Object.fromEntries(response.headers)).to.include({
        "content-type": "video/iso.segment",
        "content-length": "100000",
        "cache-control": "private",
        "accept-ranges": "bytes",
        "referrer-policy": "no-referrer",
        "access-control-allow-origin": "*",
        etag: `"${sha256(bytes)}"`,
      });
    });

    it("H2: answers a request without a session with a challenge that nobody may cache", async () => {
      await start();
      for (const path of ["/video/segment-0.m4s", "/video/segment-0.m4s?weir="]) {
        const response = await fixture.fetch(path);
        expect([response.status, response.headers.get("cache-control")]).to.deep.equal([402, "no-store"]);
        expect(response.headers.get("www-authenticate")).to.match(
          /^Payment id="[^"]+", realm="https:\/\/relay\.example"/,
        );
        const problem = (await response.json()) as Record<string, unknown>;
        expect(problem).to.include({
          code: "token-missing",
          type: "https://paymentauth.org/problems/payment-required",
        });
      }
      expect((await viewer.challenge()).id).to.not.equal((await viewer.challenge()).id);
    });

    it("H5: meters nothing for HEAD, 304, and what it refuses", async () => {
      await start();
      await viewer.open();
      const etag = `"${sha256(fixture.source.files.get("segment-0.m4s")!)}"`;
      const head = await viewer.get("segment-0.m4s", { method: "HEAD" });
      expect([head.status, head.headers.get("etag"), await head.text()]).to.deep.equal([200, etag, ""]);
      for (const tag of [etag, `W/${etag}`, `"x", ${etag}`, "*"]) {
        const fresh = await viewer.get("segment-0.m4s", { headers: { "if-none-match": tag } });
        expect([fresh.status, fresh.headers.get("etag")]).to.deep.equal([304, etag]);
      }
      const changed = await viewer.get("segment-0.m4s", { headers: { "if-none-match": '"x"' } });
      await changed.body?.cancel();
      const record = await fixture.options.store.readChannel(viewer.id);
      expect(record?.state.served).to.equal(0n);
    });

    it("H7: proves payments on 2xx answers of sessions and receipts only", async () => {
      await start();
      const opened = await viewer.openRaw();
      const first = parsePaymentReceipt(opened.headers.get("payment-receipt") ?? "");
      expect(first).to.deep.equal({ channelId: viewer.id, deliveredBytes: 0n, timestamp: fixture.time.now });
      viewer.token = ((await opened.json()) as { token: string }).token;
      await viewer.download("segment-0.m4s");
      const posted = await viewer.post({ step: await viewer.step() });
      expect(parsePaymentReceipt(posted.headers.get("payment-receipt") ?? "").deliveredBytes).to.equal(100_000n);
      const segment = await viewer.get("segment-1.m4s");
      await segment.arrayBuffer();
      const refused = await viewer.post({ token: "x", end: true });
      for (const response of [segment, refused]) expect(response.headers.has("payment-receipt")).to.equal(false);
    });

    it("H8: answers every preflight for a day, and every request from anywhere", async () => {
      await start();
      for (const path of ["/weir/receipts", "/weir/sessions", "/video/segment-0.m4s", "/nowhere"]) {
        const preflight = await fixture.fetch(path, { method: "OPTIONS" });
        expect(preflight.status).to.equal(204);
        expect(preflight.headers.get("access-control-max-age")).to.equal("86400");
        expect(preflight.headers.get("access-control-allow-headers")).to.contain("Authorization");
        const response = await fixture.fetch(path);
        expect(response.headers.get("access-control-allow-origin")).to.equal("*");
        expect(response.headers.get("access-control-expose-headers")).to.contain("Weir-Delivery");
        expect(response.headers.get("set-cookie")).to.equal(null);
      }
    });

    it("answers other methods with those that are allowed", async () => {
      await start();
      const allowed = async (path: string, method: string): Promise<unknown[]> => {
        const response = await fixture.fetch(path, { method });
        return [response.status, await codeOf(response), response.headers.get("allow")];
      };
      expect(await allowed("/weir/receipts", "GET")).to.deep.equal([405, "method-not-allowed", "POST, OPTIONS"]);
      expect(await allowed("/video/segment-0.m4s", "PUT")).to.deep.equal([
        405,
        "method-not-allowed",
        "GET, HEAD, OPTIONS",
      ]);
      expect(await allowed("/.well-known/weir", "POST")).to.deep.equal([
        405,
        "method-not-allowed",
        "GET, HEAD, OPTIONS",
      ]);
    });
  });

  describe("asked for ranges", () => {
    const ask = async (path: string, range: string): Promise<Response> => viewer.get(path, { headers: { range } });

    beforeEach(async () => {
      await startWith(await rangedStream());
      await viewer.open();
    });

    it("sends a listed range as such", async () => {
      for (const [path, range, contentRange, first, end] of [
        ["both.mp4", "bytes=0-99", "bytes 0-99/1000", 0, 100],
        ["both.mp4", "bytes=900-", "bytes 900-999/1000", 900, 1_000],
        ["both.mp4", "bytes=-100", "bytes 900-999/1000", 900, 1_000],
        ["both.mp4", "bytes=900-123456789", "bytes 900-999/1000", 900, 1_000],
        ["parts.mp4", "bytes=400-999", "bytes 400-999/*", 400, 1_000],
      ] as const) {
        const response = await ask(path, range);
        expect([response.status, response.headers.get("content-range")], range).to.deep.equal([206, contentRange]);
        const expected = (fixture.options.streams[0]!.source as MemorySource).files.get(path)?.slice(first, end);
        expect(new Uint8Array(await response.arrayBuffer())).to.deep.equal(expected);
      }
    });

    it("ignores one that is not listed, and sends the whole", async () => {
      for (const range of [
        "bytes=0-98",
        "bytes=5-",
        "bytes=0-0,5-6",
        "bytes=abc",
        "items=0-99",
        "bytes=99-0",
        "bytes=--1",
      ]) {
        const response = await ask("both.mp4", range);
        expect([response.status, response.headers.get("content-length")], range).to.deep.equal([200, "1000"]);
        await response.arrayBuffer();
      }
      const conditional = await viewer.get("both.mp4", { headers: { range: "bytes=0-99", "if-range": '"x"' } });
      expect(conditional.status).to.equal(200);
      await conditional.arrayBuffer();
    });

    it("refuses one past the end, however absurd", async () => {
      for (const [path, range] of [
        ["both.mp4", "bytes=1000-"],
        ["both.mp4", "bytes=1000-1001"],
        ["both.mp4", "bytes=-0"],
        ["both.mp4", `bytes=${"9".repeat(400)}-`],
        ["parts.mp4", "bytes=1000-"],
        ["parts.mp4", "bytes=0-5"],
      ] as const) {
        const response = await ask(path, range);
        expect([response.status, await codeOf(response)], range).to.deep.equal([416, "range-not-satisfiable"]);
      }
      const whole = await viewer.get("parts.mp4");
      expect(await codeOf(whole)).to.equal("path-not-listed");
    });
  });

  describe("serving what is free", () => {
    it("L8: sends the manifest it checked to everybody", async () => {
      await startWith(await rangedStream());
      const response = await fixture.fetch("/video/weir.json");
      expect(response.status).to.equal(200);
      const text = await response.text();
      expect(parseManifest(text).publisher).to.equal(publisher.address);
      const again = await fixture.fetch("/video/weir.json", {
        headers: { "if-none-match": response.headers.get("etag") ?? "" },
      });
      expect(again.status).to.equal(304);
    });

    it("T5: sends unlisted playlists to a session, so many bytes a minute", async () => {
      await startWith(await rangedStream());
      expect((await fixture.fetch("/video/live.m3u8")).status).to.equal(402);
      await viewer.open();
      const ask = async (): Promise<number> => (await viewer.get("live.m3u8")).status;
      expect([await ask(), await ask(), await ask()]).to.deep.equal([200, 200, 429]);
      const refused = await viewer.get("live.m3u8");
      expect([refused.headers.get("retry-after"), await codeOf(refused)]).to.deep.equal(["20", "too-many-requests"]);
      fixture.time.now += 20;
      expect(await ask()).to.equal(200);
      expect(await codeOf(await viewer.get("missing.m3u8"))).to.equal("path-not-listed");
      expect(await codeOf(await viewer.get("missing.m4s"))).to.equal("path-not-listed");
    });

    it("sends a free stream without a session, in any range, and only if it matches", async () => {
      const source = await rangedStream();
      await startWith(source, { free: true });
      const whole = await fixture.fetch("/video/both.mp4");
      expect([whole.status, whole.headers.has("weir-delivery")]).to.deep.equal([200, false]);
      const part = await fixture.fetch("/video/both.mp4", { headers: { range: "bytes=10-19" } });
      expect([part.status, part.headers.get("content-range")]).to.deep.equal([206, "bytes 10-19/1000"]);
      expect(new Uint8Array(await part.arrayBuffer())).to.deep.equal(source.files.get("both.mp4")?.slice(10, 20));
      expect((await fixture.fetch("/video/live.m3u8")).status).to.equal(200);
      source.files.set("parts.mp4", randomFile(1_000));
      const corrupt = await fixture.fetch("/video/parts.mp4", { headers: { range: "bytes=0-399" } });
      expect(await codeOf(corrupt)).to.equal("content-mismatch");
      expect(
        await codeOf(
          await fixture.fetch("/weir/sessions", { method: "POST", body: '{"manifest":"/video/weir.json"}' }),
        ),
      ).to.equal("not-found");
    });
  });

  describe("whose source is wrong", () => {
    it("never serves and never signs other bytes than the manifest lists, and charges nothing", async () => {
      await start();
      await viewer.open();
      const good = fixture.source.files.get("segment-0.m4s")!;
      const flipped = good.slice();
      flipped[99_999]! ^= 1;
      for (const [bytes, code] of [
        [flipped, "content-mismatch"],
        [good.slice(1), "content-mismatch"],
        [new Uint8Array([...good, 0]), "content-mismatch"],
        [undefined, "origin-unavailable"],
      ] as const) {
        if (bytes === undefined) fixture.source.files.delete("segment-0.m4s");
        else fixture.source.files.set("segment-0.m4s", bytes);
        const response = await viewer.get("segment-0.m4s");
        expect([response.status, response.headers.has("weir-delivery")]).to.deep.equal([502, false]);
        expect(await codeOf(response)).to.equal(code);
      }
      fixture.source.files.set("segment-0.m4s", good);
      await viewer.download("segment-0.m4s");
      const { state } = (await fixture.options.store.readChannel(viewer.id))!;
      expect([state.served, state.transfers]).to.deep.equal([100_000n, []]);
    });

    it("reads what many ask for at once only once, and keeps it", async () => {
      await start();
      await viewer.open();
      await Promise.all(Array.from({ length: 8 }, async () => viewer.download("segment-5.m4s")));
      await viewer.download("segment-5.m4s");
      expect(fixture.source.reads.get("segment-5.m4s")).to.equal(1);
    });

    it("keeps no more in memory than it may", async () => {
      await start({ limits: { cacheBytes: 250_000 } });
      await viewer.open();
      for (const i of [0, 1, 2, 3]) await viewer.download(`segment-${String(i)}.m4s`);
      expect((await fixture.relay.status()).cachedBytes).to.equal(200_000);
      await viewer.download("segment-0.m4s");
      expect(fixture.source.reads.get("segment-0.m4s")).to.equal(2);
    });
  });

  describe("following its manifest", () => {
    const publish = async (
      sequence: bigint,
      paths: readonly string[],
      files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
    ): Promise<void> => {
      const manifest = await testManifest(
        paths.map((path) => ({ path, bytes: files.get(path)! })),
        sequence,
      );
      fixture.source.files.set("weir.json", ENCODER.encode(formatManifest(manifest)));
    };

    it("L6: finds what was published a moment ago, and never goes back", async () => {
      await start();
      await viewer.open();
      fixture.source.files.set("new.m4s", randomFile(5_000));
      expect(await codeOf(await viewer.get("new.m4s"))).to.equal("path-not-listed");
      await publish(5n, ["new.m4s"], fixture.source.files);
      fixture.time.now += 1;
      await viewer.download("new.m4s");
      await publish(4n, ["segment-0.m4s"], fixture.source.files);
      fixture.time.now += 10;
      expect(await codeOf(await viewer.get("segment-0.m4s"))).to.equal("path-not-listed");
      expect(fixture.logger.lines.join("\n")).to.contain("manifest not reloaded");
      await publish(5n, ["segment-0.m4s"], fixture.source.files);
      fixture.time.now += 10;
      expect(await codeOf(await viewer.get("segment-0.m4s"))).to.equal("path-not-listed");
    });

    it("L5: takes no manifest of another publisher, and stops when its own has expired", async () => {
      await start();
      await viewer.open();
      const good = fixture.source.files.get("weir.json")!;
      const forged = new TextDecoder().decode(good).replace(publisher.address, payee);
      fixture.source.files.set("weir.json", ENCODER.encode(forged));
      fixture.time.now += 10;
      await viewer.download("segment-0.m4s");
      expect(await (await fixture.fetch("/video/weir.json")).text()).to.equal(new TextDecoder().decode(good));
      fixture.time.now = 4_102_444_801;
      expect(await codeOf(await fixture.fetch("/video/segment-0.m4s"))).to.equal("manifest-stale");
    });
  });

  it("starts without a manifest, and finds it later", async () => {
    const source = memorySource();
    fixture = await startRelayFixture({ streams: [{ path: "/video/", source, publisher: publisher.address }] });
    expect(await codeOf(await fixture.fetch("/video/weir.json"))).to.equal("not-found");
    const manifest = await testManifest([{ path: "a.m4s", bytes: randomFile(10) }]);
    source.files.set("weir.json", ENCODER.encode(formatManifest(manifest)));
    expect((await fixture.fetch("/video/weir.json")).status).to.equal(200);
  });

  it("serves the stream with the longest path that fits", async () => {
    const [outer, inner] = [await rangedStream(), await rangedStream()];
    fixture = await startRelayFixture({
      streams: [
        { path: "/a", source: outer, publisher: publisher.address },
        { path: "/a/both.mp4/", source: inner, publisher: publisher.address, free: true },
      ],
    });
    expect((await fixture.fetch("/a/both.mp4")).status).to.equal(402);
    expect((await fixture.fetch("/a/both.mp4/both.mp4")).status).to.equal(200);
    expect(await codeOf(await fixture.fetch("/ab/both.mp4"))).to.equal("not-found");
  });

  it("tells how it is doing", async () => {
    await start();
    await viewer.open();
    expect(await fixture.relay.status()).to.include({ started: true, sessions: 1, transactions: 0 });
    const id: Hex = channelId(viewer.channel);
    expect((await fixture.options.store.readChannel(id))?.state.session).to.be.a("string");
  });
});
