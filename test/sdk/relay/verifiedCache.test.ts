import { expect } from "chai";
import { createHash } from "node:crypto";
import { WeirError } from "../../../sdk/core/index.ts";
import type { ManifestLeaf } from "../../../sdk/core/index.ts";
import { verifiedCache } from "../../../sdk/relay/media/verifiedCache.ts";
import type { RelayEvent, Source } from "../../../sdk/relay/index.ts";
import { errorCode } from "../../helpers/errorCode.ts";
import { memorySource, randomFile } from "../../helpers/relayFixture.ts";

const SIZE = 100;

function file(path: string): { leaf: ManifestLeaf; bytes: Uint8Array<ArrayBuffer> } {
  const bytes = randomFile(SIZE);
  const contentHash = `0x${createHash("sha256").update(bytes).digest("hex")}` as const;
  return { leaf: { path, contentHash, size: BigInt(SIZE) }, bytes };
}

describe("The cache in memory", () => {
  const files = Array.from({ length: 6 }, (_, i) => file(`${i}.m4s`));
  const leaves = files.map(({ leaf }) => leaf);
  let events: RelayEvent[];

  const sourceOf = (): ReturnType<typeof memorySource> =>
    memorySource(files.map(({ leaf, bytes }) => [leaf.path, bytes]));
  const cacheOf = (maxBytes: number): ReturnType<typeof verifiedCache> =>
    verifiedCache({ maxBytes, emit: (event) => events.push(event) });
  const origins = (): unknown[] => events.flatMap((event) => (event.type === "resourceRead" ? [event.from] : []));

  beforeEach(() => {
    events = [];
  });

  it("reads once for a thousand that come at once, and lends all of them the same bytes", async () => {
    const [source, cache] = [sourceOf(), cacheOf(10 * SIZE)];
    const loans = await Promise.all(Array.from({ length: 1_000 }, async () => cache.lend(leaves[0]!, source)));
    expect(source.reads.get("0.m4s")).to.equal(1);
    expect(new Set(loans.map(({ bytes }) => bytes)).size).to.equal(1);
    expect(cache.size()).to.equal(SIZE);
    expect(origins().filter((from) => from === "joined")).to.have.length(999);
  });

  it("is as large as it may be at most, with all that is lent and being read, and refuses more", async () => {
    const [source, cache] = [sourceOf(), cacheOf(3 * SIZE)];
    const [a, b] = [await cache.lend(leaves[0]!, source), await cache.lend(leaves[1]!, source)];
    const reading = cache.lend(leaves[2]!, source);
    expect(cache.size()).to.equal(3 * SIZE);
    expect(await errorCode(cache.lend(leaves[3]!, source))).to.equal("too-many-requests");
    expect(events).to.deep.include({ type: "limitHit", limit: "memory" });
    const c = await reading;
    // Whoever wants what is there anyway gets it.
    (await cache.lend(leaves[0]!, source)).release();
    b.release();
    b.release();
    (await cache.lend(leaves[3]!, source)).release();
    expect(cache.size()).to.equal(3 * SIZE);
    a.release();
    c.release();
    expect([...a.bytes]).to.deep.equal([...files[0]!.bytes]);
  });

  it("forgets what was not used for longest, but nothing that is lent", async () => {
    const [source, cache] = [sourceOf(), cacheOf(3 * SIZE)];
    const lent = await cache.lend(leaves[0]!, source);
    for (const i of [1, 2, 3, 4]) (await cache.lend(leaves[i]!, source)).release();
    for (const i of [0, 3, 4]) (await cache.lend(leaves[i]!, source)).release();
    expect([...source.reads.values()]).to.deep.equal([1, 1, 1, 1, 1]);
    (await cache.lend(leaves[1]!, source)).release();
    expect(source.reads.get("1.m4s")).to.equal(2);
    lent.release();
  });

  it("reads what is larger than itself while there is nothing else", async () => {
    const [source, cache] = [sourceOf(), cacheOf(SIZE - 1)];
    const loan = await cache.lend(leaves[0]!, source);
    expect(await errorCode(cache.lend(leaves[1]!, source))).to.equal("too-many-requests");
    loan.release();
    expect(cache.size()).to.equal(0);
    (await cache.lend(leaves[1]!, source)).release();
  });

  it("gives the room of a failed read back, and remembers no failure", async () => {
    const [source, cache] = [sourceOf(), cacheOf(SIZE)];
    source.files.set("0.m4s", randomFile(SIZE));
    for (let i = 0; i < 3; i++) {
      const codes = await Promise.all([1, 2, 3].map(async () => errorCode(cache.lend(leaves[0]!, source))));
      expect(codes).to.deep.equal(Array(3).fill("content-mismatch"));
      expect(cache.size()).to.equal(0);
    }
    source.files.set("0.m4s", files[0]!.bytes);
    (await cache.lend(leaves[0]!, source)).release();
  });

  it("keeps sources apart while they are read, and shares what is right", async () => {
    const [right, cache] = [sourceOf(), cacheOf(3 * SIZE)];
    const wrong: Source = { read: async () => Promise.reject(new WeirError("origin-unavailable")) };
    const [first, second, third] = await Promise.all([
      errorCode(cache.lend(leaves[0]!, wrong)),
      cache.lend(leaves[0]!, right),
      cache.lend(leaves[0]!, sourceOf()),
    ]);
    expect(first).to.equal("origin-unavailable");
    expect(second.bytes).to.equal(third.bytes);
    expect(cache.size()).to.equal(SIZE);
    (await cache.lend(leaves[0]!, wrong)).release();
  });
});
