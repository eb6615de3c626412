import { expect } from "chai";
import fc from "fast-check";
import { findContradiction, parseResourceName, verifyProof } from "../../../sdk/core/index.ts";
import type { Hex, SignedDelivery } from "../../../sdk/core/index.ts";
import { paperDomain } from "../../helpers/relayFixture.ts";
import { BODIES, coalition, leafHashOf, publication, sha256, STREAMS } from "./coalition.ts";
import type { Coalition, Leaf, Mood } from "./coalition.ts";
import { openWorld, VIEWERS } from "./coalitionWorld.ts";
import type { Asked, CoalitionWorld, Move } from "./coalitionWorld.ts";

const asked: fc.Arbitrary<Asked> = fc.record({
  viewer: fc.nat(VIEWERS - 1),
  stream: fc.nat(STREAMS.length - 1),
  path: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom("a.m4s", "b.m4s", "d/c.m4s") },
    { weight: 1, arbitrary: fc.constantFrom("a%2Em4s", "./a.m4s", "d/../a.m4s", "a.m4s%23", "d%2Fc.m4s", "none.m4s") },
  ),
  method: fc.constantFrom("GET", "GET", "GET", "GET", "HEAD"),
  headers: fc.oneof(
    { weight: 4, arbitrary: fc.constant({}) },
    {
      weight: 3,
      arbitrary: fc
        .constantFrom("bytes=0-9", "bytes=0-9", "bytes=10-19", "bytes=0-", "bytes=-5", "bytes=3-4", "bytes=99-")
        .map((range) => ({ range })),
    },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom("*", ...BODIES.map((body) => `"${sha256(body).slice(2)}"`))
        .map((tag) => ({ "if-none-match": tag })),
    },
    { weight: 1, arbitrary: fc.constant({ range: "bytes=0-9", "if-range": '"x"' }) },
  ),
});

const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 3, arbitrary: publication.map((each): Move => ({ type: "publish", publication: each })) },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("ask" as const),
      asked: fc.noBias(fc.array(asked, { minLength: 1, maxLength: 3 })),
      moods: fc.array(
        fc.oneof(
          { weight: 3, arbitrary: fc.constant<Mood>("right") },
          { weight: 1, arbitrary: fc.constantFrom<Mood>("flipped", "cut", "longer", "other", "absent") },
        ),
        { minLength: 1, maxLength: 3 },
      ),
      meanwhile: fc.option(publication, { freq: 3, nil: undefined }),
    }),
  },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 5 }).map((seconds): Move => ({ type: "wait", seconds })) },
);

/** What happened in all runs together: a test in which nothing happens proves nothing. */
const seen = {
  deliveries: 0,
  ranges: 0,
  /** Roots under which something was signed, and how many of them for both streams. */
  roots: new Set<Hex>(),
  shared: 0,
  /** Deliveries whose resource another tree of the coalition has with another content. */
  elsewhere: 0,
  /** Trees with two contents for one resource. */
  doubled: 0,
  accepted: 0,
  refused: new Map<string, number>(),
  lies: 0,
  meanwhile: 0,
};

/** Fails if anything that was signed contradicts anything that the coalition can prove, or anything else that was signed. */
function expectNoContradiction(deliveries: readonly SignedDelivery[], { trees }: Coalition): void {
  // By brute force, without the SDK's own trees.
  for (const { delivery } of deliveries) {
    const { contentHash, manifestRoot, resource, size } = delivery;
    const tree = trees.get(manifestRoot);
    if (tree === undefined) throw new Error(`signed under a root that nobody made: ${manifestRoot}`);
    const listed = tree.leaves.filter((leaf) => leaf.resource === resource);
    expect(listed, "is listed").not.to.have.length(0);
    for (const leaf of listed) expect([leaf.contentHash, leaf.size]).to.deep.equal([contentHash, size]);
    for (const { delivery: other } of deliveries) {
      if (other.manifestRoot !== manifestRoot || other.resource !== resource) continue;
      expect([other.contentHash, other.size]).to.deep.equal([contentHash, size]);
    }
  }
  // As a reporter does.
  expect(findContradiction(deliveries, { domain: paperDomain })).to.equal(undefined);
  for (const { root, rows } of trees.values()) {
    if (!deliveries.some(({ delivery }) => delivery.manifestRoot === root)) continue;
    const leaves = rows.map(([name, contentHash, size]) => ({
      ...parseResourceName(name),
      contentHash: contentHash.toLowerCase() as Hex,
      size: BigInt(size),
    }));
    for (const order of [leaves, leaves.toReversed()]) {
      expect(findContradiction(deliveries, { domain: paperDomain, manifest: { root, leaves: order } })).to.equal(
        undefined,
      );
    }
  }
}

function hasTwoContents(leaves: readonly Leaf[]): boolean {
  const contents = new Map(leaves.map((leaf) => [leaf.resource, leaf.contentHash]));
  return leaves.some((leaf) => contents.get(leaf.resource) !== leaf.contentHash);
}

function count({ accepted, counts, deliveries, makers, refused }: CoalitionWorld): void {
  const trees = [...makers.trees.values()];
  const streams = new Map<Hex, Set<number>>();
  for (const { delivery, status, stream } of deliveries) {
    const { contentHash, manifestRoot, resource } = delivery;
    const isElsewhere = trees.some(({ leaves }) =>
      leaves.some((leaf) => leaf.resource === resource && leaf.contentHash !== contentHash),
    );
    seen.deliveries += 1;
    seen.ranges += status === 206 ? 1 : 0;
    seen.elsewhere += isElsewhere ? 1 : 0;
    seen.roots.add(manifestRoot);
    streams.set(manifestRoot, (streams.get(manifestRoot) ?? new Set()).add(stream));
  }
  seen.doubled += trees.filter(({ leaves }) => hasTwoContents(leaves)).length;
  seen.shared += [...streams.values()].filter(({ size }) => size > 1).length;
  seen.accepted += accepted.length;
  seen.lies += counts.lies;
  seen.meanwhile += counts.meanwhile;
  for (const why of refused) {
    const reason = why
      .replace(/.*( is listed twice)$/, "...$1")
      .replace(/^the (size|hash) of .* is/, "the $1 of ... is");
    seen.refused.set(reason, (seen.refused.get(reason) ?? 0) + 1);
  }
}

describe("D3: an honest relay", function () {
  this.timeout(300_000);

  it("never signs what any publishers, origins and viewers together could prove wrong", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(move, { minLength: 10, maxLength: 40, size: "max" }), async (moves) => {
        const world = await openWorld();
        try {
          for (const each of moves) await world.do(each);
        } finally {
          await world.stop();
        }
        const signatures = new Set(world.deliveries.map(({ signature }) => signature));
        expect(signatures.size, "every signature is known").to.equal(world.signatures());
        expectNoContradiction(world.deliveries, world.makers);
        count(world);
      }),
      { numRuns: 50 },
    );
    // Far below what is usual, and far above nothing.
    expect(seen.deliveries).to.be.above(200);
    expect(seen.ranges).to.be.above(15);
    expect(seen.roots.size).to.be.above(12);
    expect(seen.shared, "roots of both streams").to.be.above(8);
    expect(seen.elsewhere, "resources with another content elsewhere").to.be.above(150);
    expect(seen.doubled, "trees with two contents for one resource").to.be.above(15);
    expect(seen.accepted).to.be.above(150);
    expect(seen.lies, "files that are not what is listed").to.be.above(25);
    expect(seen.meanwhile, "manifests changed while serving").to.be.above(60);
    for (const [reason, least] of [
      ["the root is not that of the resources", 20],
      ["... is listed twice", 2],
      ["the sequence of the manifest did not rise", 8],
      ["the signature is not that of the publisher", 1],
      ["the path is not spelled canonically", 0],
    ] as const) {
      expect(seen.refused.get(reason) ?? 0, reason).to.be.above(least);
    }
  });

  it("is safe because of what it refuses: two contents of one resource are provable under many a publisher's root", () => {
    let doubled = 0;
    fc.assert(
      fc.property(fc.array(publication, { minLength: 1, maxLength: 10 }), (publications) => {
        const makers = coalition();
        for (const each of publications) makers.publish(each);
        for (const { leaves, root } of makers.trees.values()) {
          for (const leaf of leaves) expect(verifyProof(root, leafHashOf(leaf), leaf.proof)).to.equal(true);
          if (hasTwoContents(leaves)) doubled += 1;
        }
      }),
      { numRuns: 30 },
    );
    expect(doubled).to.be.above(5);
  });
});
