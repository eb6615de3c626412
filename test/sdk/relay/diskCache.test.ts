import { expect } from "chai";
import { createHash } from "node:crypto";
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Hex } from "../../../sdk/core/index.ts";
import { openDiskCache } from "../../../sdk/relay/media/diskCache.ts";
import type { DiskCache } from "../../../sdk/relay/media/diskCache.ts";
import { errorCode } from "../../helpers/errorCode.ts";
import { randomFile, recordingLogger } from "../../helpers/relayFixture.ts";

const SIZE = 1_000_000;
const MAX_BYTES = 16 * 1024 * 1024;
/** Files of `SIZE` that fit. */
const ROOM = 15;

interface Piece {
  readonly hash: Hex;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

function piece(): Piece {
  const bytes = randomFile(SIZE);
  return { hash: `0x${createHash("sha256").update(bytes).digest("hex")}`, bytes };
}

describe("The cache on disk", () => {
  let base: string;
  let folder: string;
  let logger: ReturnType<typeof recordingLogger>;
  const open: DiskCache[] = [];

  const openCache = async (maxBytes = MAX_BYTES): Promise<DiskCache> => {
    const cache = await openDiskCache({ folder, maxBytes, logger });
    open.push(cache);
    return cache;
  };
  const close = async (cache: DiskCache): Promise<void> => {
    open.splice(open.indexOf(cache), 1);
    await cache.close();
  };
  /** Keeps pieces and waits until they are written. */
  const filled = async (pieces: readonly Piece[]): Promise<void> => {
    const cache = await openCache();
    for (const { hash, bytes } of pieces) cache.keep(hash, bytes);
    await close(cache);
  };
  const has = async (cache: DiskCache, { hash }: Piece): Promise<boolean> =>
    (await cache.read(hash, SIZE)) !== undefined;
  const pathOf = ({ hash }: Piece): string => join(folder, hash.slice(2, 4), hash.slice(2));
  const filesIn = (): string[] =>
    globSync("**", { cwd: folder }).filter(
      (name) => statSync(join(folder, name), { throwIfNoEntry: false })?.isFile() === true,
    );
  const bytesIn = (): number =>
    filesIn().reduce((sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0), 0);

  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), "weir-disk-"));
    folder = join(base, "cache");
    logger = recordingLogger();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map(async (cache) => cache.close()));
    rmSync(base, { recursive: true });
  });

  it("has after a restart what it was given before", async () => {
    const pieces = [piece(), piece()];
    await filled(pieces);
    const cache = await openCache();
    for (const { hash, bytes } of pieces) expect(await cache.read(hash, SIZE)).to.deep.equal(bytes);
    expect(await has(cache, piece())).to.equal(false);
    expect(statSync(folder).mode & 0o077).to.equal(0);
    expect(logger.lines).to.deep.equal([]);
  });

  it("never gives a damaged file, and removes it", async () => {
    const damages: ((path: string) => void)[] = [
      (path) => {
        const bytes = readFileSync(path);
        bytes[SIZE - 1]! ^= 1;
        writeFileSync(path, bytes);
      },
      (path) => {
        writeFileSync(path, readFileSync(path).subarray(1));
      },
      (path) => {
        writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.from("x")]));
      },
      (path) => {
        writeFileSync(path, "");
      },
    ];
    for (const damage of damages) {
      const damaged = piece();
      await filled([damaged]);
      damage(pathOf(damaged));
      const cache = await openCache();
      expect(await has(cache, damaged)).to.equal(false);
      expect(logger.lines.splice(0).join()).to.contain("a cached file is damaged");
      expect(filesIn().some((name) => name.includes(damaged.hash.slice(2)))).to.equal(false);
      cache.keep(damaged.hash, damaged.bytes);
      await close(cache);
      const again = await openCache();
      expect(await again.read(damaged.hash, SIZE)).to.deep.equal(damaged.bytes);
      await close(again);
    }
  });

  it("is never larger than it may be, not even while it writes, with two that share it", async () => {
    const caches = [await openCache(), await openCache()];
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, bytesIn())), 1);
    for (let round = 0; round < 5; round++) {
      for (const cache of caches.flatMap((each) => Array<DiskCache>(6).fill(each))) {
        const { hash, bytes } = piece();
        cache.keep(hash, bytes);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await Promise.all(caches.map(close));
    clearInterval(watch);
    expect(most).to.be.within(2 * SIZE, MAX_BYTES);
    expect(bytesIn()).to.be.within((ROOM - 1) * SIZE, MAX_BYTES);
    expect(filesIn().filter((name) => /\.[0-9a-f]{16}$/.test(name))).to.deep.equal([]);
    expect(logger.lines).to.deep.equal([]);
  });

  it("forgets what was not used for longest, across restarts", async () => {
    const pieces = Array.from({ length: ROOM }, piece);
    await filled(pieces);
    const cache = await openCache();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await has(cache, pieces[0]!)).to.equal(true);
    await close(cache);
    await filled([piece(), piece()]);
    const again = await openCache();
    const held = await Promise.all(pieces.map(async (each) => has(again, each)));
    expect(held).to.deep.equal(pieces.map((_, i) => i !== 1 && i !== 2));
  });

  it("takes stock of its folder when the index is lost, damaged or behind, oldest first", async () => {
    const pieces = Array.from({ length: ROOM }, piece);
    for (const spoil of [
      () => {
        rmSync(join(folder, "index.sqlite"));
      },
      () => {
        writeFileSync(join(folder, "index.sqlite"), "this is no database, and longer than a header of one".repeat(100));
      },
    ]) {
      await filled(pieces);
      for (const [i, each] of pieces.entries()) utimesSync(pathOf(each), 1_700_000_000 - i, 1_700_000_000 - i);
      spoil();
      const cache = await openCache();
      expect(cache.size()).to.be.within(ROOM * SIZE, MAX_BYTES);
      const added = piece();
      cache.keep(added.hash, added.bytes);
      await close(cache);
      const again = await openCache();
      const held = await Promise.all(pieces.map(async (each) => has(again, each)));
      expect(held).to.deep.equal(pieces.map((_, i) => i !== ROOM - 1));
      await close(again);
      rmSync(folder, { recursive: true });
    }
  });

  it("shrinks to a lower limit, counts what somebody removed no more, and cleans up after a crash", async () => {
    const pieces = Array.from({ length: ROOM }, piece);
    await filled(pieces);
    for (const gone of pieces.slice(0, 5)) rmSync(pathOf(gone));
    const abandoned = `${pathOf(pieces[0]!)}.00112233aabbccdd`;
    writeFileSync(abandoned, "half");
    utimesSync(abandoned, 1_700_000_000, 1_700_000_000);
    const cache = await openCache();
    expect(cache.size()).to.be.below(12 * SIZE);
    expect(filesIn()).to.not.include(abandoned.slice(folder.length + 1));
    await close(cache);
    const smaller = await openCache(8 * 1024 * 1024);
    expect(smaller.size()).to.be.below(8 * 1024 * 1024);
    expect(bytesIn()).to.be.below(8 * 1024 * 1024);
  });

  it("gives what another one on the same folder was given, and survives what that one removed", async () => {
    const [first, second] = [await openCache(), await openCache()];
    const shared = piece();
    first.keep(shared.hash, shared.bytes);
    await close(first);
    expect(await has(second, shared)).to.equal(true);
    rmSync(pathOf(shared));
    expect(await has(second, shared)).to.equal(false);
    second.keep(shared.hash, shared.bytes);
    await close(second);
    expect(await has(await openCache(), shared)).to.equal(true);
    expect(logger.lines).to.deep.equal([]);
  });

  it("goes on without a folder that takes nothing, and says so once", async () => {
    const cache = await openCache();
    const [first, second] = [piece(), piece()];
    // A file where the folder should be: nothing can be written there, whoever tries.
    for (const { hash } of [first, second]) writeFileSync(join(folder, hash.slice(2, 4)), "");
    for (const { hash, bytes } of [first, second, first]) cache.keep(hash, bytes);
    await close(cache);
    expect(logger.lines.filter((line) => line.includes("takes no files"))).to.have.length(1);
    expect(filesIn().some((name) => name.endsWith(first.hash.slice(2)))).to.equal(false);
    expect(
      await errorCode(openDiskCache({ folder: join(folder, first.hash.slice(2, 4)), maxBytes: MAX_BYTES, logger })),
    ).to.equal("storage-failed");
  });

  it("keeps named files through any pressure, and touches nothing that is not its own", async () => {
    mkdirSync(folder);
    writeFileSync(join(folder, "notes.txt"), "mine");
    const name = "ab".repeat(32);
    const cache = await openCache();
    cache.keepNamed(name, new Uint8Array([1, 2, 3]));
    cache.keepNamed(name, new Uint8Array([4, 5]));
    for (let i = 0; i < ROOM + 5; i++) {
      const { hash, bytes } = piece();
      cache.keep(hash, bytes);
    }
    await close(cache);
    const again = await openCache();
    expect(await again.readNamed(name, 100)).to.deep.equal(new Uint8Array([4, 5]));
    expect(await again.readNamed("cd".repeat(32), 100)).to.equal(undefined);
    expect(readFileSync(join(folder, "notes.txt"), "utf8")).to.equal("mine");
  });
});
