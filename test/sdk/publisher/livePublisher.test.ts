import { createHash, randomBytes } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { parseManifest, verifyManifest } from "../../../sdk/core/index.ts";
import type { Manifest } from "../../../sdk/core/index.ts";
import { playlistReferences } from "../../../sdk/core/playlistReferences.ts";
import { livePublisher } from "../../../sdk/publisher/node/livePublisher.ts";
import type { LiveEvent, LivePublisher } from "../../../sdk/publisher/node/livePublisher.ts";
import { replaceFile } from "../../../sdk/publisher/node/replaceFile.ts";
import { errorCode } from "../../helpers/errorCode.ts";
import { publisher as signer } from "../../helpers/relayFixture.ts";

const NAME = "live";
const SEGMENT_MS = 1_000;
const LISTED = 3;

/** Thrown in the place of a write: the process is gone. */
class Killed extends Error {}

/** An encoder's folder and a publisher's, by one clock. */
class LiveWorld {
  readonly root = mkdtempSync(join(tmpdir(), "weir-live-"));
  readonly folder = join(this.root, "encoder");
  readonly out = join(this.root, "signed");
  readonly events: LiveEvent[] = [];
  readonly manifests: Manifest[] = [];
  now = 1_900_000_000_000;
  /** Writes until the process is killed. */
  writesLeft = Infinity;
  /** Segments of each playlist so far. */
  readonly written = new Map<string, number>();
  publisher: LivePublisher = this.start();

  constructor() {
    mkdirSync(this.folder, { recursive: true });
    mkdirSync(this.out, { recursive: true });
  }

  start(): LivePublisher {
    return livePublisher(
      {
        folder: this.folder,
        out: this.out,
        write: async (path, content, durable) => {
          if (this.writesLeft-- <= 0) throw new Killed();
          await replaceFile(join(this.out, path), content, durable);
          this.check();
        },
        remove: async (path) => {
          if (this.writesLeft-- <= 0) throw new Killed();
          rmSync(join(this.out, path));
          this.check();
          return Promise.resolve();
        },
      },
      {
        ...{ signer, name: NAME, file: "weir.json", validSeconds: 120, finalSeconds: 1_000_000 },
        onEvent: (event) => this.events.push(event),
        now: () => this.now,
      },
    );
  }

  async restart(): Promise<void> {
    this.writesLeft = Infinity;
    this.publisher = this.start();
    await this.publisher.resume();
  }

  manifest(): Manifest | undefined {
    const file = join(this.out, "weir.json");
    return existsSync(file) ? parseManifest(readFileSync(file, "utf8")) : undefined;
  }

  playlists(): string[] {
    return readdirSync(this.out, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".m3u8"));
  }

  /** What must hold at every moment, whoever looks. */
  check(): void {
    const manifest = this.manifest();
    const listed = new Map(manifest?.leaves.map((leaf) => [leaf.path, leaf]));
    for (const playlist of this.playlists()) {
      for (const { path } of playlistReferences(readFileSync(join(this.out, playlist), "utf8"), playlist)) {
        if (path.endsWith(".m3u8")) continue;
        expect(listed.has(path), `${playlist} names ${path}, which the manifest does not list`).to.equal(true);
      }
    }
    // What was just dropped is removed the moment after; what is listed is there, with these bytes.
    for (const { contentHash, path, size } of listed.values()) {
      const bytes = readFileSync(join(this.out, path));
      expect(`0x${createHash("sha256").update(bytes).digest("hex")}`, path).to.equal(contentHash);
      expect(BigInt(bytes.length)).to.equal(size);
    }
    if (manifest === undefined) return;
    verifyManifest(manifest, { publisher: signer.address, name: NAME, now: BigInt(Math.floor(this.now / 1_000)) });
    const last = this.manifests.at(-1);
    if (last === undefined || manifest.root !== last.root || manifest.sequence !== last.sequence) {
      if (last !== undefined) expect(manifest.sequence > last.sequence, "the sequence rises").to.equal(true);
      this.manifests.push(manifest);
    }
  }

  put(path: string, content: string | Uint8Array): void {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.tmp`, content);
    renameSync(`${file}.tmp`, file);
  }

  /** The encoder completes a segment, lists it, and deletes one that it lists no more. */
  encode(rendition = "v0", { end = false } = {}): void {
    const number = this.written.get(rendition) ?? 0;
    this.written.set(rendition, number + 1);
    if (number === 0) this.put(`${rendition}/init.mp4`, `init of ${rendition}`);
    this.put(`${rendition}/${number}.m4s`, new Uint8Array(randomBytes(100)));
    const first = Math.max(0, number - LISTED + 1);
    this.list(rendition, first, number, end);
    rmSync(join(this.folder, `${rendition}/${first - 2}.m4s`), { force: true });
  }

  list(rendition: string, first: number, last: number, end = false): void {
    const lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:1", `#EXT-X-MEDIA-SEQUENCE:${first}`, '#EXT-X-MAP:URI="init.mp4"'];
    for (let i = first; i <= last; i++) lines.push("#EXTINF:1.0,", `${i}.m4s`);
    if (end) lines.push("#EXT-X-ENDLIST");
    this.put(`${rendition}/index.m3u8`, `${lines.join("\n")}\n`);
  }

  shown(rendition = "v0"): string {
    return readFileSync(join(this.out, rendition, "index.m3u8"), "utf8");
  }

  async step(milliseconds = SEGMENT_MS): Promise<boolean> {
    this.now += milliseconds;
    return this.publisher.step();
  }

  held(): (string | undefined)[] {
    return this.events.filter((event) => event.type === "held").map(({ error }) => error.code);
  }

  remove(): void {
    rmSync(this.root, { recursive: true });
  }
}

describe("publishing a live stream", () => {
  let world: LiveWorld;
  beforeEach(() => {
    world = new LiveWorld();
  });
  afterEach(() => {
    world.remove();
  });
  const paths = (): string[] => world.manifest()?.leaves.map(({ path }) => path) ?? [];

  it("signs what the playlist names, before the playlist names it", async () => {
    expect(await world.step()).to.equal(false);
    expect(world.manifest(), "nothing to sign").to.equal(undefined);
    world.encode();
    await world.step();
    expect(paths()).to.deep.equal(["v0/init.mp4", "v0/0.m4s"]);
    expect(world.shown()).to.equal(readFileSync(join(world.folder, "v0/index.m3u8"), "utf8"));
    expect(world.manifest()?.notAfter).to.equal(BigInt(world.now / 1_000 + 120));
  });

  it("hashes a segment once, and lists it for as long as a player may ask for it", async () => {
    for (let i = 0; i < 12; i++) {
      world.encode();
      await world.step();
    }
    // Three in the playlist; what left it stays for its length and that of a segment.
    expect(paths()).to.deep.equal(["v0/init.mp4", ...[5, 6, 7, 8, 9, 10, 11].map((number) => `v0/${number}.m4s`)]);
    expect(readdirSync(join(world.out, "v0")).sort()).to.deep.equal(
      ["init.mp4", "index.m3u8", ...[5, 6, 7, 8, 9, 10, 11].map((number) => `${number}.m4s`)].sort(),
    );
    const added = world.events.flatMap((event) => (event.type === "signed" ? event.added : []));
    expect(new Set(added).size).to.equal(added.length);
  });

  it("signs again in time when nothing happens, and not before", async () => {
    world.encode();
    await world.step();
    await world.step(30_000);
    expect(world.manifests).to.have.length(1);
    await world.step(11_000);
    expect(world.manifests).to.have.length(2);
    expect(world.manifests[1]?.root).to.equal(world.manifests[0]?.root);
  });

  it("signs playlists of renditions, and the others when the stream has ended, for long", async () => {
    world.put("master.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv0/index.m3u8\n");
    world.encode();
    world.encode("v1");
    await world.step();
    expect(paths()).to.include("master.m3u8").and.not.include("v0/index.m3u8");
    world.encode("v0", { end: true });
    expect(await world.step()).to.equal(false);
    expect(paths()).to.not.include("v0/index.m3u8");
    world.encode("v1", { end: true });
    expect(await world.step()).to.equal(true);
    expect(paths()).to.include.members(["master.m3u8", "v0/index.m3u8", "v1/index.m3u8", "v1/1.m4s"]);
    expect(world.manifest()?.notAfter).to.equal(BigInt(Math.floor(world.now / 1_000) + 1_000_000));

    const signed = world.manifests.length;
    await world.restart();
    expect(await world.step(), "nothing is left to do").to.equal(true);
    expect(world.manifests).to.have.length(signed);
  });

  it("goes on where it ended, even with a stream that had ended, and with a clock that went back", async () => {
    world.encode();
    world.encode("v0", { end: true });
    expect(await world.step()).to.equal(true);
    world.now -= 3_600_000;
    world.encode();
    await world.restart();
    expect(await world.step()).to.equal(false);
    expect(paths()).to.include("v0/2.m4s").and.not.include("v0/index.m3u8");
    world.check();
  });

  it("holds a playlist that names what is not there, is cut off, or goes back, and says why once", async () => {
    world.encode();
    await world.step();
    const before = world.shown();
    world.list("v0", 0, 1);
    await world.step();
    await world.step();
    expect(world.shown()).to.equal(before);
    expect(world.held()).to.deep.equal(["not-found"]);
    world.put("v0/1.m4s", "there");
    await world.step();
    expect(world.events.at(-1)).to.include({ type: "signed" });
    expect(world.events.filter(({ type }) => type === "released")).to.have.length(1);
    world.put("v0/index.m3u8", "#EXTM3U\n#EXTINF:1,\n2.m");
    await world.step();
    expect(world.held()).to.deep.equal(["not-found", "manifest-invalid"]);
    world.put("v0/2.m4s", "");
    world.list("v0", 0, 2);
    await world.step();
    expect(world.held()).to.deep.equal(["not-found", "manifest-invalid", "manifest-invalid"]);
    expect(world.shown()).to.not.contain("2.m4s");
  });

  it("holds the playlist of an encoder that began anew under the same names", async () => {
    for (let i = 0; i < 6; i++) {
      world.encode();
      await world.step();
    }
    const before = world.shown();
    world.written.clear();
    world.encode();
    await world.step();
    expect(world.shown()).to.equal(before);
    expect(world.held()).to.deep.equal(["manifest-stale"]);
    // It counts on, but the names of before hold something else.
    world.put("v0/5.m4s", "something else");
    world.list("v0", 5, 5);
    await world.step();
    expect(world.held()).to.deep.equal(["manifest-stale", "content-mismatch"]);
    expect(world.shown()).to.equal(before);
  });

  it("holds byte ranges, and says what to tell the encoder", async () => {
    world.put("all.mp4", "0123456789");
    world.put("index.m3u8", "#EXTM3U\n#EXT-X-BYTERANGE:5@0\n#EXTINF:1,\nall.mp4\n");
    await world.step();
    expect(world.held()).to.deep.equal(["manifest-invalid"]);
    const [event] = world.events;
    expect(event?.type === "held" && event.error.message).to.contain("single_file");
  });

  it("waits for a playlist that is written where it is until it stands still", async () => {
    world.encode();
    await world.step();
    const before = world.shown();
    world.put("v0/1.m4s", "one");
    writeFileSync(join(world.folder, "v0/index.m3u8"), `${before}#EXTINF:1.0,\n1.m4s\n`);
    await world.step();
    expect(world.shown()).to.equal(before);
    await world.step();
    expect(world.shown()).to.contain("1.m4s");
  });

  it("refuses a folder that holds something else, and a second publisher", async () => {
    writeFileSync(join(world.out, "another.m3u8"), "#EXTM3U\n#EXTINF:1,\na.ts\n");
    expect(await errorCode(async () => world.publisher.resume())).to.equal("manifest-invalid");
    rmSync(join(world.out, "another.m3u8"));
    world.encode();
    await world.step();
    const first = world.publisher;
    await world.restart();
    world.encode();
    await world.step();
    world.encode();
    world.publisher = first;
    expect(await errorCode(async () => world.step())).to.equal("manifest-stale");
  });

  it("never shows what is not signed, and never falls back, whenever it is killed", async () => {
    const action = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ do: fc.constant("encode" as const), rendition: fc.constantFrom("v0", "v1") }),
      },
      { weight: 4, arbitrary: fc.record({ do: fc.constant("step" as const), ms: fc.integer({ min: 1, max: 5_000 }) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("kill" as const), after: fc.nat({ max: 9 }) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("master" as const) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("pause" as const), ms: fc.nat({ max: 60_000 }) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 25 }), async (actions) => {
        const each = new LiveWorld();
        try {
          for (const taken of actions) {
            if (taken.do === "encode") each.encode(taken.rendition);
            else if (taken.do === "master")
              each.put("master.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv0/index.m3u8\n");
            else if (taken.do === "pause") each.now += taken.ms;
            else if (taken.do === "kill") each.writesLeft = taken.after;
            else await stepOrDie(each, taken.ms);
            // A manifest may have run out while nobody signed; everything else holds.
            if (taken.do !== "pause") checkUnlessExpired(each);
          }
          await each.restart();
          each.encode();
          await each.step();
          await each.step();
          const shown = each.shown();
          expect(shown).to.equal(readFileSync(join(each.folder, "v0/index.m3u8"), "utf8"));
        } finally {
          each.remove();
        }
      }),
      { numRuns: 25 },
    );
  }).timeout(60_000);
});

async function stepOrDie(world: LiveWorld, ms: number): Promise<void> {
  try {
    await world.step(ms);
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
    await world.restart();
  }
}

function checkUnlessExpired(world: LiveWorld): void {
  const manifest = world.manifest();
  if (manifest !== undefined && manifest.notAfter >= BigInt(Math.floor(world.now / 1_000))) world.check();
}
