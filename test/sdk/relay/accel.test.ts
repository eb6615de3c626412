import { expect } from "chai";
import { createHash } from "node:crypto";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { formatManifest, WeirError } from "../../../sdk/core/index.ts";
import type { Hex } from "../../../sdk/core/index.ts";
import { defaultRelayPolicy } from "../../../sdk/exchange/index.ts";
import { verifiedFiles } from "../../../sdk/relay/accel/verifiedFiles.ts";
import { createRelay } from "../../../sdk/relay/index.ts";
import type { Source } from "../../../sdk/relay/index.ts";
import { paperDomain, publisher, randomFile, startRelayFixture, testManifest } from "../../helpers/relayFixture.ts";
import type { RelayFixture } from "../../helpers/relayFixture.ts";
import { testViewer } from "../../helpers/testViewer.ts";
import type { TestViewer } from "../../helpers/testViewer.ts";

const ACCEL = { headers: { "weir-accel": "on" } };
/** Beyond the time for which a file counts as being written. */
const SETTLED_MS = 150;
/** Within that time. */
const JUST_NOW_MS = 90;

describe("A relay behind a proxy that sends files", () => {
  let fixture: RelayFixture;
  let viewer: TestViewer;
  let folder: string;
  const whole = randomFile(5_000);
  const parts = randomFile(3_000);
  const odd = "100% ü?#.m4s";

  /** Writes a file, and waits until it does not count as just written any more. */
  const write = async (name: string, bytes: Uint8Array): Promise<void> => {
    writeFileSync(join(folder, name), bytes);
    await sleep(SETTLED_MS);
  };
  const get = async (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    viewer.get(path, { headers: { ...ACCEL.headers, ...headers } });
  /** Where the proxy is sent, or how many bytes came from the relay itself. */
  const sender = async (path: string, headers: Record<string, string> = {}): Promise<string | number> => {
    const response = await get(path, headers);
    const { length } = await response.bytes();
    return response.headers.get("x-accel-redirect") ?? (response.ok ? length : -response.status);
  };
  const served = async (): Promise<bigint> => {
    const state = (await fixture.options.store.readChannel(viewer.id))?.state;
    if (state === undefined) throw new Error("the channel is not stored");
    expect(state.transfers).to.deep.equal([]);
    return state.served;
  };

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "weir-accel-"));
    const resources = [
      { path: "a.m4s", bytes: whole },
      { path: "b/100%25%20%C3%BC%3F%23.m4s", bytes: whole },
      { path: "all.mp4", range: { first: 0, last: 999 }, bytes: parts.slice(0, 1_000) },
      { path: "all.mp4", range: { first: 1_000, last: 2_999 }, bytes: parts.slice(1_000) },
    ];
    mkdirSync(join(folder, "b"));
    writeFileSync(join(folder, "a.m4s"), whole);
    writeFileSync(join(folder, "b", odd), whole);
    writeFileSync(join(folder, "all.mp4"), parts);
    writeFileSync(join(folder, "weir.json"), formatManifest(await testManifest(resources, 0n, "files")));
    const streams = [
      { path: "/files/", source: folder, publisher: publisher.address },
      { path: "/open/", source: folder, publisher: publisher.address, free: true },
    ];
    fixture = await startRelayFixture(
      { accel: "/inside/", policy: { ...defaultRelayPolicy, baseCredit: 1_000_000n } },
      streams,
    );
    viewer = await testViewer({ ...fixture, domain: paperDomain, directory: "/files/" });
    await viewer.open();
    await sleep(SETTLED_MS);
  });
  afterEach(async () => {
    await fixture.stop();
    rmSync(folder, { recursive: true });
  });

  it("names the file instead of sending it, signs the delivery, and counts the whole at once", async () => {
    const response = await get("a.m4s");
    expect(response.status).to.equal(200);
    expect(await response.bytes()).to.have.length(0);
    expect(response.headers.get("x-accel-redirect")).to.equal("/inside/files/a.m4s");
    expect(response.headers.get("content-length")).to.equal("0");
    expect(response.headers.get("weir-delivery")).to.match(/^0x[0-9a-f]{128}$/);
    expect(response.headers.get("content-type")).to.equal("video/iso.segment");
    expect(response.headers.get("etag")).to.match(/^"[0-9a-f]{64}"$/);
    expect(await served()).to.equal(5_000n);
    expect(await sender("b/100%25%20%C3%BC%3F%23.m4s")).to.equal("/inside/files/b/100%25%20%C3%BC%3F%23.m4s");
    expect(await served()).to.equal(10_000n);
  });

  it("sends the bytes itself to whoever does not ask through the proxy", async () => {
    for (const headers of [{}, { "weir-accel": "off" }, { "weir-accel": "/etc/" }, { "x-accel-mapping": "/=/etc/" }]) {
      const response = await viewer.get("a.m4s", { headers });
      expect(response.headers.has("x-accel-redirect")).to.equal(false);
      expect(await response.bytes()).to.deep.equal(whole);
    }
  });

  it("sends nobody anywhere without the setting, whatever a request asks for", async () => {
    const plain = await startRelayFixture({}, [{ path: "/files/", source: folder, publisher: publisher.address }]);
    const other = await testViewer({ ...plain, domain: paperDomain, directory: "/files/" });
    await other.open();
    const response = await other.get("a.m4s", ACCEL);
    expect(response.headers.has("x-accel-redirect")).to.equal(false);
    expect(await response.bytes()).to.deep.equal(whole);
    await plain.stop();
  });

  it("names listed parts, and only for the exact range", async () => {
    expect(await sender("all.mp4", { range: "bytes=1000-2999" })).to.equal("/inside/files/all.mp4");
    expect(await served()).to.equal(2_000n);
    // The same bytes in another spelling, which another server might read in another way.
    expect(await sender("all.mp4", { range: "bytes=1000-" })).to.equal(2_000);
    expect(await sender("all.mp4", { range: "bytes=-2000" })).to.equal(2_000);
    expect(await sender("all.mp4", { range: "bytes=1000-99999" })).to.equal(2_000);
    expect(await sender("all.mp4", { range: "Bytes= 0-999" })).to.equal(1_000);
    expect(await sender("all.mp4", { range: "bytes=0-998" })).to.equal(-416);
    expect(await served()).to.equal(9_000n);
  });

  it("keeps whatever a server of files could answer in another way", async () => {
    const etag = (await viewer.get("a.m4s", { method: "HEAD" })).headers.get("etag") ?? "";
    for (const headers of [
      { range: "bytes=0-0" },
      { range: "bytes=0-0,5-9" },
      { "if-match": etag },
      { "if-none-match": '"x"' },
      { "if-modified-since": "Thu, 01 Jan 2099 00:00:00 GMT" },
      { "if-unmodified-since": "Thu, 01 Jan 1970 00:00:00 GMT" },
      { range: "bytes=0-99", "if-range": etag },
    ]) {
      expect(await sender("a.m4s", headers), JSON.stringify(headers)).to.equal(5_000);
    }
    const before = await served();
    expect(await sender("a.m4s", { "if-match": '"x"' })).to.equal(-412);
    expect(await sender("a.m4s", { "if-none-match": etag })).to.equal(-304);
    expect((await viewer.get("a.m4s", { method: "HEAD", ...ACCEL })).headers.has("x-accel-redirect")).to.equal(false);
    expect(await served()).to.equal(before);
  });

  it("hands over the files of free streams as well, and counts nothing", async () => {
    const response = await fixture.fetch("/open/a.m4s", ACCEL);
    expect(response.headers.get("x-accel-redirect")).to.equal("/inside/open/a.m4s");
    expect(response.headers.has("weir-delivery")).to.equal(false);
    expect((await fixture.fetch("/open/a.m4s", { headers: { ...ACCEL.headers, range: "bytes=1-2" } })).status).to.equal(
      206,
    );
  });

  it("hands over no file that changed, even if size and time of modification say otherwise", async () => {
    const path = join(folder, "a.m4s");
    expect(await sender("a.m4s")).to.equal("/inside/files/a.m4s");
    const { atime, mtime } = statSync(path);
    const changed = whole.slice();
    changed[0] = (changed[0] ?? 0) ^ 1;
    await write("a.m4s", changed);
    utimesSync(path, atime, mtime);
    await sleep(SETTLED_MS);
    expect(await sender("a.m4s")).to.equal(-502);
    expect(await sender("a.m4s")).to.equal(-502);
    expect(await served()).to.equal(5_000n);

    await write("a.m4s", whole);
    expect(await sender("a.m4s")).to.equal("/inside/files/a.m4s");
    appendFileSync(path, "x");
    await sleep(SETTLED_MS);
    expect(await sender("a.m4s")).to.equal(-502);
    await write("fresh", whole);
    renameSync(join(folder, "fresh"), path);
    await sleep(SETTLED_MS);
    expect(await sender("a.m4s")).to.equal("/inside/files/a.m4s");
    rmSync(path);
    expect(await sender("a.m4s")).to.equal(-502);
  });

  it("sends a file that was written just now itself", async () => {
    for (;;) {
      const startedAt = performance.now();
      writeFileSync(join(folder, "a.m4s"), whole);
      utimesSync(join(folder, "a.m4s"), new Date(0), new Date(0));
      const sent = await sender("a.m4s");
      // On a machine that stood still meanwhile the file is not new any more.
      if (performance.now() - startedAt > JUST_NOW_MS) continue;
      expect(sent).to.equal(5_000);
      break;
    }
  });

  it("accounts for exactly what was authorised, whatever mix of requests comes", async () => {
    const known = [
      ["a.m4s", {}, 5_000],
      ["a.m4s", { range: "bytes=0-9" }, 5_000],
      ["all.mp4", { range: "bytes=0-999" }, 1_000],
      ["all.mp4", { range: "bytes=1000-2999" }, 2_000],
      ["all.mp4", { range: "bytes=1-2" }, 0],
      ["missing.m4s", {}, 0],
    ] as const;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...known), { maxLength: 8 }), async (requests) => {
        const before = await served();
        const expected = requests.reduce((sum, [, , bytes]) => sum + bytes, 0);
        await Promise.all(requests.map(async ([path, headers]) => sender(path, headers)));
        expect(await served()).to.equal(before + BigInt(expected));
      }),
      { numRuns: 12 },
    );
  });

  it("takes only an internal location that nothing else uses", () => {
    for (const accel of [
      "",
      "/",
      "inside/",
      "/inside",
      "//inside/",
      "/a/../b/",
      "/weir/x/",
      "/.well-known/x/",
      "@x/",
      "/files/",
    ]) {
      expect(() => createRelay({ ...fixture.options, accel }), accel).to.throw(WeirError, "the relay option accel");
    }
  });
});

describe("The files that a relay has hashed", () => {
  it("are hashed a few at a time, each once for all who ask at the same time", async () => {
    const bytes = randomFile(100);
    const contentHash: Hex = `0x${createHash("sha256").update(bytes).digest("hex")}`;
    const gate = Promise.withResolvers<undefined>();
    const reads: string[] = [];
    const source: Source = {
      async read(path) {
        reads.push(path);
        await gate.promise;
        return bytes;
      },
      stamp: async (path) => Promise.resolve({ identity: path, size: 100, changedAt: 0 }),
    };
    const files = verifiedFiles();
    const holds = async (name: string): Promise<boolean> =>
      files.holds({ path: name, contentHash, size: 100n }, source);
    const first = ["a", "b", "c", "d", "a", "b"].map(holds);
    await sleep(0);
    expect(await holds("e")).to.equal(false);
    gate.resolve(undefined);
    expect(await Promise.all(first)).to.deep.equal(Array(6).fill(true));
    expect(reads.toSorted()).to.deep.equal(["a", "b", "c", "d"]);
    expect(await holds("e")).to.equal(true);
    expect(await holds("e")).to.equal(true);
    expect(reads).to.have.length(5);
  });
});
