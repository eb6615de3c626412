import { createHash } from "node:crypto";
import { expect } from "chai";
import { formatManifest, parseManifest, verifyManifest } from "../../../sdk/core/manifest.ts";
import { privateKeySigner } from "../../../sdk/core/signature.ts";
import { buildManifest } from "../../../sdk/publisher/buildManifest.ts";
import type { ManifestResource } from "../../../sdk/publisher/buildManifest.ts";
import { signManifest } from "../../../sdk/publisher/signManifest.ts";
import { errorCode } from "../../helpers/errorCode.ts";

const signer = privateKeySigner(`0x${"11".repeat(32)}`);
const stranger = privateKeySigner(`0x${"22".repeat(32)}`);

const about = { publisher: signer.address, name: "documentary", sequence: 3n, notAfter: 1_893_456_000n };
const bytes = new TextEncoder().encode("a segment");
const build = async (...resources: ManifestResource[]) => buildManifest({ ...about, resources });

describe("buildManifest and signManifest", () => {
  it("make a manifest that readers accept", async () => {
    const content = await build({ path: "a.ts", bytes }, { path: "b.ts", range: { first: 5, last: 13 }, bytes });
    const manifest = parseManifest(formatManifest(await signManifest(content, signer)));
    verifyManifest(manifest, { publisher: signer.address, name: "documentary", now: 0n, minSequence: 3n });
    const contentHash = `0x${createHash("sha256").update(bytes).digest("hex")}`;
    expect(manifest.leaves).to.deep.equal([
      { path: "a.ts", contentHash, size: 9n },
      { path: "b.ts", range: { first: 5, last: 13 }, contentHash, size: 9n },
    ]);
  });

  it("take resources from a generator", async () => {
    async function* resources(): AsyncGenerator<ManifestResource> {
      yield await Promise.resolve({ path: "a.ts", bytes });
    }
    expect((await buildManifest({ ...about, resources: resources() })).leaves).to.have.length(1);
  });

  for (const [reason, code, resources] of [
    ["no resource", "manifest-invalid", []],
    ["an empty resource", "manifest-invalid", [{ path: "a.ts", bytes: new Uint8Array() }]],
    [
      "a resource listed twice",
      "manifest-invalid",
      [
        { path: "a.ts", bytes },
        { path: "a.ts", bytes },
      ],
    ],
    ["bytes that do not fill their range", "manifest-invalid", [{ path: "a", range: { first: 0, last: 9 }, bytes }]],
    ["a path in another spelling", "path-not-canonical", [{ path: "a b.ts", bytes }]],
    ["a path that climbs", "path-not-canonical", [{ path: "../a.ts", bytes }]],
    ["a range backwards", "range-not-satisfiable", [{ path: "a.ts", range: { first: 8, last: 0 }, bytes }]],
  ] as const) {
    it(`refuse ${reason}`, async () => {
      expect(await errorCode(build(...resources))).to.equal(code);
    });
  }

  it("refuse another key than the publisher's", async () => {
    expect(await errorCode(signManifest(await build({ path: "a.ts", bytes }), stranger))).to.equal("wrong-signer");
  });

  it("refuse a signer that signs with another key than it names", async () => {
    const liar = { ...stranger, address: signer.address };
    expect(await errorCode(signManifest(await build({ path: "a.ts", bytes }), liar))).to.equal("manifest-unsigned");
  });
});
