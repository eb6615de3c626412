import { expect } from "chai";
import fc from "fast-check";
import {
  deliverySigner,
  findContradiction,
  leafEntry,
  leafHash,
  manifestProof,
  manifestRoot,
  privateKeySigner,
  resourceId,
  verifyProof,
  weirDomain,
} from "../../../sdk/core/index.ts";
import type { Hex, ManifestLeaf, SegmentEntry, SignedDelivery } from "../../../sdk/core/index.ts";
import { bytes32 } from "../../helpers/arbitraries.ts";
import { errorCode } from "../../helpers/errorCode.ts";
import { signDelivery } from "../../helpers/signDelivery.ts";

const domain = weirDomain({
  chainId: 1n,
  verifyingContract: `0x${"c0".repeat(20)}`,
  salt: `0x${"5a".repeat(32)}`,
});
const agent = privateKeySigner(`0x${"07".repeat(32)}`);
const stranger = privateKeySigner(`0x${"08".repeat(32)}`);
const channelId: Hex = `0x${"cc".repeat(32)}`;
const wrong: Hex = `0x${"ee".repeat(32)}`;

const leaves: readonly ManifestLeaf[] = ["a.ts", "b.ts", "c/d.m4s"].map((path, i) => ({
  path,
  contentHash: `0x${`${i + 1}${i + 1}`.repeat(32)}`,
  size: 10n + BigInt(i),
}));
const manifest = { root: manifestRoot(leaves), leaves };
const [first, second] = leaves.map(leafEntry) as [SegmentEntry, SegmentEntry];

const signs = async (
  entry: SegmentEntry,
  { by = agent, under = manifest.root, ...changed }: Partial<SegmentEntry> & { by?: typeof agent; under?: Hex } = {},
): Promise<SignedDelivery> => signDelivery(domain, by, { channelId, manifestRoot: under, ...entry, ...changed });

describe("findContradiction", () => {
  it("finds nothing in what an honest relay signs", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(2), bytes32)), async (asked) => {
        const signed = asked.map(async ([at, channel]) =>
          signDelivery(domain, agent, { channelId: channel, manifestRoot: manifest.root, ...leafEntry(leaves[at]!) }),
        );
        const deliveries = await Promise.all(signed);
        expect(findContradiction(deliveries, { domain, manifest })).to.equal(undefined);
        expect(findContradiction(deliveries, { domain })).to.equal(undefined);
      }),
      { numRuns: 20 },
    );
  });

  it("finds a delivery of another hash or size than the manifest's, and proves what the manifest says", async () => {
    for (const lie of [{ contentHash: wrong }, { size: 11n }]) {
      const honest = await signs(second);
      const false_ = await signs(first, lie);
      const found = findContradiction([honest, false_], { domain, manifest });
      if (found?.type !== "manifest") throw new Error("not found");
      expect(found).to.deep.include({ agent: agent.address, deliveries: [false_] });
      expect(found.listed.entry).to.deep.equal(first);
      expect(verifyProof(manifest.root, leafHash(found.listed.entry), found.listed.proof)).to.equal(true);
    }
  });

  it("finds two deliveries of one agent that differ, without any manifest", async () => {
    const truth = await signs(first);
    for (const lie of [await signs(first, { contentHash: wrong }), await signs(first, { size: 11n })]) {
      const others = [await signs(second), truth, truth, lie];
      expect(findContradiction(others, { domain })).to.deep.equal({
        type: "self",
        agent: agent.address,
        deliveries: [truth, lie],
      });
    }
  });

  it("reads hex in either letter case", async () => {
    const { delivery, signature } = await signs(first);
    const shout = (hex: Hex): Hex => `0x${hex.slice(2).toUpperCase()}`;
    const shouted: SignedDelivery = {
      signature,
      delivery: {
        channelId,
        manifestRoot: shout(delivery.manifestRoot),
        resource: shout(delivery.resource),
        contentHash: shout(delivery.contentHash),
        size: delivery.size,
      },
    };
    expect(findContradiction([shouted, { delivery, signature }], { domain, manifest })).to.equal(undefined);
    const lie = await signs(first, { resource: shout(first.resource), contentHash: wrong });
    expect(findContradiction([lie], { domain, manifest })?.type).to.equal("manifest");
    expect(findContradiction([lie, shouted], { domain })?.type).to.equal("self");
  });

  it("blames nobody for what others signed", async () => {
    const lie = await signs(first, { contentHash: wrong, by: stranger });
    expect(findContradiction([await signs(first), lie], { domain })).to.equal(undefined);
    expect(findContradiction([await signs(first), lie], { domain, manifest })?.agent).to.equal(stranger.address);
  });

  it("holds no delivery against a manifest that it does not name, or that does not list the resource", async () => {
    const elsewhere = await signs(first, { contentHash: wrong, under: wrong });
    const unlisted = await signs(first, { resource: resourceId("z.ts") });
    expect(findContradiction([elsewhere, unlisted, await signs(first)], { domain, manifest })).to.equal(undefined);
  });

  it("passes over what is not well formed", async () => {
    const lie = await signs(first, { contentHash: wrong });
    const unsigned: SignedDelivery = { ...lie, signature: `0x${"00".repeat(64)}` };
    const oversized: SignedDelivery = { ...lie, delivery: { ...lie.delivery, size: 1n << 64n } };
    const truth = await signs(first);
    expect(findContradiction([truth, unsigned, oversized], { domain, manifest })).to.equal(undefined);
    expect(findContradiction([truth, unsigned, oversized], { domain })).to.equal(undefined);
    expect(findContradiction([unsigned, oversized, lie], { domain, manifest })?.deliveries).to.deep.equal([lie]);
    expect(findContradiction([], { domain, manifest })).to.equal(undefined);
  });
});

describe("deliverySigner", () => {
  it("recovers who signed, in this domain alone", async () => {
    const signed = await signs(first);
    expect(deliverySigner(domain, signed)).to.equal(agent.address);
    const elsewhere = weirDomain({ chainId: 2n, verifyingContract: domain.verifyingContract, salt: domain.salt });
    expect(deliverySigner(elsewhere, signed)).not.to.equal(agent.address);
    expect(await errorCode(() => deliverySigner(domain, { ...signed, signature: "0x" }))).to.equal("bad-signature");
  });
});

describe("manifestProof", () => {
  it("leads from every listed resource to the root", () => {
    for (const leaf of leaves) {
      const { entry, proof } = manifestProof(leaves, leafEntry(leaf).resource);
      expect(entry).to.deep.equal(leafEntry(leaf));
      expect(verifyProof(manifest.root, leafHash(entry), proof)).to.equal(true);
    }
  });

  it("refuses a resource that is not listed", async () => {
    expect(await errorCode(() => manifestProof(leaves, resourceId("z.ts")))).to.equal("path-not-listed");
  });
});
