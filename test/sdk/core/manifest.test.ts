import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import { expect } from "chai";
import fc from "fast-check";
import type { Hex } from "../../../sdk/core/hex.ts";
import {
  formatManifest,
  leafEntry,
  manifestDigest,
  manifestRoot,
  parseManifest,
  signedManifest,
  streamId,
  verifyManifest,
} from "../../../sdk/core/manifest.ts";
import type { Manifest, ManifestContent, ManifestLeaf } from "../../../sdk/core/manifest.ts";
import { getProof, leafHash, merkleRoot, merkleTree, verifyProof } from "../../../sdk/core/merkleTree.ts";
import { encodePath } from "../../../sdk/core/path.ts";
import { privateKeyToAddress, signDigest } from "../../../sdk/core/signature.ts";
import { bytes32, hostile, uint } from "../../helpers/arbitraries.ts";
import { errorCode } from "../../helpers/errorCode.ts";

const key: Hex = `0x${"07".repeat(32)}`;
const publisher = privateKeyToAddress(key);
const strangerKey: Hex = `0x${"08".repeat(32)}`;

const part = fc.stringMatching(/^[a-zé #%]{1,8}$/u);
const whole: fc.Arbitrary<ManifestLeaf> = fc.record({
  path: fc.array(part, { minLength: 1, maxLength: 3 }).map(encodePath),
  contentHash: bytes32,
  size: fc.bigInt({ min: 1n, max: BigInt(Number.MAX_SAFE_INTEGER) }),
});
const ranged: fc.Arbitrary<ManifestLeaf> = fc
  .record({ leaf: whole, first: fc.nat(), length: fc.integer({ min: 1, max: 2 ** 31 }) })
  .map(({ leaf, first, length }) => ({
    ...leaf,
    range: { first, last: first + length - 1 },
    size: BigInt(length),
  }));
const leaves = fc.uniqueArray(fc.oneof(whole, ranged), {
  minLength: 1,
  maxLength: 40,
  selector: (leaf) => leafEntry(leaf).resource,
});
const content: fc.Arbitrary<ManifestContent> = fc.record({
  publisher: fc.constant(publisher),
  name: fc.string({ minLength: 1, maxLength: 60, unit: "grapheme-ascii" }),
  sequence: uint(64),
  notAfter: uint(64),
  leaves,
});

const sign = (unsigned: ManifestContent, by: Hex = key): Manifest =>
  signedManifest(unsigned, signDigest(manifestDigest(unsigned), by));

const leaf = (path: string, more: Partial<ManifestLeaf> = {}): ManifestLeaf => ({
  path,
  contentHash: `0x${"11".repeat(32)}`,
  size: 10n,
  ...more,
});
const good: ManifestContent = {
  publisher,
  name: "documentary",
  sequence: 5n,
  notAfter: 1_000n,
  leaves: [leaf("a.ts"), leaf("b.mp4", { range: { first: 0, last: 9 } })],
};
const goodFile = JSON.parse(formatManifest(sign(good))) as Record<string, unknown>;

describe("the manifest's tree", () => {
  it("has the root and proofs of OpenZeppelin's StandardMerkleTree, in any order of the list", () => {
    fc.assert(
      fc.property(leaves, fc.nat(), (list, at) => {
        const entries = list.map(leafEntry);
        const values = entries.map(({ resource, contentHash, size }) => [resource, contentHash, String(size)]);
        const expected = StandardMerkleTree.of(values, ["bytes32", "bytes32", "uint64"]);
        const hashes = entries.map(leafHash);
        expect(manifestRoot(list)).to.equal(expected.root);
        expect(merkleRoot(hashes.toReversed())).to.equal(expected.root);
        const chosen = at % list.length;
        const proof = getProof(merkleTree(hashes), hashes[chosen]!);
        expect(proof).to.deep.equal(expected.getProof(chosen));
        expect(verifyProof(manifestRoot(list), hashes[chosen]!, proof)).to.equal(true);
      }),
    );
  });

  it("proves nothing that is not a leaf", async () => {
    await fc.assert(
      fc.asyncProperty(leaves, bytes32, async (list, stranger) => {
        const hashes = list.map((entry) => leafHash(leafEntry(entry)));
        const tree = merkleTree(hashes);
        const proof = getProof(tree, hashes[0]!);
        expect(verifyProof(merkleRoot(hashes), stranger, proof)).to.equal(false);
        expect(await errorCode(() => getProof(tree, stranger))).to.equal("path-not-listed");
        const inner = `0x${Buffer.from(tree[0]!).toString("hex")}` as const;
        if (hashes.length > 1) expect(await errorCode(() => getProof(tree, inner))).to.equal("path-not-listed");
      }),
    );
  });

  it("needs leaves of 32 bytes, and at least one", async () => {
    expect(await errorCode(() => merkleTree([]))).to.equal("manifest-invalid");
    expect(await errorCode(() => merkleTree(["0x11"]))).to.equal("malformed-message");
    expect(await errorCode(() => verifyProof("0x", `0x${"11".repeat(32)}`, []))).to.equal("malformed-message");
  });
});

describe("manifestRoot", () => {
  for (const [reason, code, list] of [
    ["no resource", "manifest-invalid", []],
    [
      "a resource twice",
      "manifest-invalid",
      [leaf("a"), leaf("b"), leaf("a", { contentHash: `0x${"22".repeat(32)}` })],
    ],
    ["a size of zero", "manifest-invalid", [leaf("a", { size: 0n })]],
    ["a negative size", "manifest-invalid", [leaf("a", { size: -1n })]],
    ["a size of 2^53", "manifest-invalid", [leaf("a", { size: 2n ** 53n })]],
    ["a range of another size", "manifest-invalid", [leaf("a", { range: { first: 0, last: 10 } })]],
    ["a range that ends before it begins", "range-not-satisfiable", [leaf("a", { range: { first: 1, last: 0 } })]],
    ["a path that is not canonical", "path-not-canonical", [leaf("a/../b")]],
    ["a short hash", "malformed-message", [leaf("a", { contentHash: "0x11" })]],
  ] as const) {
    it(`refuses ${reason}`, async () => {
      expect(await errorCode(() => manifestRoot(list))).to.equal(code);
    });
  }

  it("takes a file and byte ranges of it side by side", () => {
    const list = [leaf("a"), leaf("a", { range: { first: 0, last: 9 } }), leaf("a", { range: { first: 5, last: 14 } })];
    expect(manifestRoot(list)).to.match(/^0x[0-9a-f]{64}$/);
  });
});

describe("formatManifest and parseManifest", () => {
  it("undo each other, and the result verifies", () => {
    fc.assert(
      fc.property(content, (unsigned) => {
        const manifest = sign(unsigned);
        const read = parseManifest(formatManifest(manifest));
        expect(read).to.deep.equal(manifest);
        expect(read.streamId).to.equal(streamId(publisher, unsigned.name));
        verifyManifest(read, {
          publisher,
          name: unsigned.name,
          now: unsigned.notAfter,
          minSequence: unsigned.sequence,
        });
      }),
      { numRuns: 25 },
    );
  });

  it("read a value that was parsed before, and ignore unknown members", () => {
    expect(parseManifest({ ...goodFile, comment: "hello" })).to.deep.equal(sign(good));
  });

  const resources = goodFile.resources as readonly unknown[];
  for (const [reason, code, change] of [
    ["another version", "manifest-invalid", { weir: "manifest/2" }],
    ["no version", "manifest-invalid", { weir: undefined }],
    ["a malformed publisher", "manifest-invalid", { publisher: "0x11" }],
    ["a name that is a number", "manifest-invalid", { name: 5 }],
    ["an empty name", "manifest-invalid", { name: "" }],
    ["a sequence that is a number", "manifest-invalid", { sequence: 5 }],
    ["a sequence over 64 bits", "manifest-invalid", { sequence: String(2n ** 64n) }],
    ["a sequence with a leading zero", "manifest-invalid", { sequence: "05" }],
    ["an endless number", "manifest-invalid", { notAfter: "9".repeat(1_000_000) }],
    ["a negative time", "manifest-invalid", { notAfter: "-1" }],
    ["no signature", "manifest-unsigned", { signature: undefined }],
    ["a signature of 65 bytes", "manifest-unsigned", { signature: `0x${"11".repeat(65)}` }],
    ["another root", "manifest-invalid", { root: `0x${"11".repeat(32)}` }],
    ["no root", "manifest-invalid", { root: undefined }],
    ["resources that are no list", "manifest-invalid", { resources: {} }],
    ["no resource", "manifest-invalid", { resources: [] }],
    ["a resource less than signed", "manifest-invalid", { resources: resources.slice(1) }],
    ["a resource twice", "manifest-invalid", { resources: [...resources, resources[0]] }],
    ["a resource without a size", "manifest-invalid", { resources: [["a", `0x${"11".repeat(32)}`]] }],
    ["a size as a string", "manifest-invalid", { resources: [["a", `0x${"11".repeat(32)}`, "10"]] }],
    ["a size that is no whole number", "manifest-invalid", { resources: [["a", `0x${"11".repeat(32)}`, 1.5]] }],
    ["a size of 2^53", "manifest-invalid", { resources: [["a", `0x${"11".repeat(32)}`, 2 ** 53]] }],
    ["a path that climbs out", "manifest-invalid", { resources: [["../a", `0x${"11".repeat(32)}`, 10]] }],
    ["a raw query in a path", "manifest-invalid", { resources: [["a?b", `0x${"11".repeat(32)}`, 10]] }],
    ["a range in another spelling", "manifest-invalid", { resources: [["a#00-9", `0x${"11".repeat(32)}`, 10]] }],
    ["a name that is no string", "manifest-invalid", { resources: [[{}, `0x${"11".repeat(32)}`, 10]] }],
  ] as const) {
    it(`refuses ${reason}`, async () => {
      expect(await errorCode(() => parseManifest({ ...goodFile, ...change }))).to.equal(code);
      expect(await errorCode(() => parseManifest(JSON.stringify({ ...goodFile, ...change })))).to.equal(code);
    });
  }

  it("refuses text that is not JSON or not an object", async () => {
    for (const text of [
      "",
      "{",
      "[]",
      "null",
      "5",
      '"x"',
      "[".repeat(100_000),
      "\u0000",
      `${JSON.stringify(goodFile)}x`,
    ]) {
      expect(await errorCode(() => parseManifest(text))).to.equal("manifest-invalid");
    }
  });

  it("refuses more resources or bytes than the reader allows", async () => {
    const text = formatManifest(sign(good));
    expect(await errorCode(() => parseManifest(text, { maxLeaves: 2, maxBytes: text.length }))).to.equal("none");
    expect(await errorCode(() => parseManifest(text, { maxLeaves: 1 }))).to.equal("oversized-message");
    expect(await errorCode(() => parseManifest(text, { maxBytes: text.length - 1 }))).to.equal("oversized-message");
    const wide = formatManifest(sign({ ...good, name: "é" }));
    expect(await errorCode(() => parseManifest(wide, { maxBytes: wide.length }))).to.equal("oversized-message");
    expect(await errorCode(() => parseManifest(wide, { maxBytes: wide.length + 1 }))).to.equal("none");
  });

  it("answer whatever a relay sends with a code", async () => {
    const codes = ["manifest-invalid", "manifest-unsigned", "oversized-message"];
    await fc.assert(
      fc.asyncProperty(hostile, async (junk) => {
        expect(await errorCode(() => parseManifest(junk))).to.be.oneOf(codes);
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.keys(goodFile)), hostile, async (member, junk) => {
        const code = await errorCode(() => parseManifest({ ...goodFile, [member]: junk }));
        expect(code).to.be.oneOf([...codes, "none"]);
      }),
    );
  });
});

describe("verifyManifest", () => {
  const check = async (
    manifest: Manifest,
    trust: Partial<Parameters<typeof verifyManifest>[1]> = {},
  ): Promise<string> =>
    errorCode(() => {
      verifyManifest(manifest, { publisher, ...trust });
    });

  it("accepts what the trusted publisher signed", async () => {
    expect(await check(sign(good), { name: "documentary", now: 1_000n, minSequence: 5n })).to.equal("none");
    expect(await check(sign(good), { publisher: publisher.toUpperCase().replace("0X", "0x") as Hex })).to.equal("none");
  });

  it("refuses what somebody else signed in the publisher's name", async () => {
    expect(await check(sign(good, strangerKey))).to.equal("manifest-unsigned");
  });

  it("refuses another publisher, however well signed", async () => {
    const other = privateKeyToAddress(strangerKey);
    expect(await check(sign({ ...good, publisher: other }, strangerKey))).to.equal("manifest-unsigned");
  });

  it("refuses a signature that is none", async () => {
    expect(await check({ ...sign(good), signature: `0x${"ff".repeat(64)}` })).to.equal("manifest-unsigned");
  });

  it("refuses a signature over anything else", async () => {
    const manifest = sign(good);
    for (const change of [
      { name: "another" },
      { sequence: 6n },
      { notAfter: 1_001n },
      { root: `0x${"11".repeat(32)}` as const },
    ]) {
      expect(await check({ ...manifest, ...change })).to.equal("manifest-unsigned");
    }
  });

  it("refuses another stream, an expired manifest and a lower sequence", async () => {
    expect(await check(sign(good), { name: "film" })).to.equal("manifest-invalid");
    expect(await check(sign(good), { now: 1_001n })).to.equal("manifest-stale");
    expect(await check(sign(good), { minSequence: 6n })).to.equal("manifest-stale");
  });
});
