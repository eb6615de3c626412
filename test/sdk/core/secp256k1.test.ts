import { secp256k1 as audited } from "@noble/curves/secp256k1";
import { expect } from "chai";
import fc from "fast-check";
import { nobleSecp256k1 as ours } from "../../../sdk/core/secp256k1.ts";

const N = audited.CURVE.n;
const P = audited.CURVE.Fp.ORDER;

const word = (value: bigint): Uint8Array => Buffer.from(value.toString(16).padStart(64, "0"), "hex");
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

const edges = [0n, 1n, 2n, 3n, N / 2n, N / 2n + 1n, N - 2n, N - 1n, N, N + 1n, P - 1n, P, 2n ** 256n - 1n];
const digests = fc.oneof(fc.constantFrom(...edges), fc.bigInt(0n, 2n ** 256n - 1n)).map(word);
const scalars = fc.oneof(fc.constantFrom(...edges.filter((edge) => edge > 0n && edge < N)), fc.bigInt(1n, N - 1n));
const parities = fc.constantFrom(0 as const, 1 as const);

/** What the library makes of it: a signature as ours, a key, or nothing. */
function auditedKey(digest: Uint8Array, rs: Uint8Array, yParity: 0 | 1): string | undefined {
  try {
    const signature = audited.Signature.fromCompact(rs).addRecoveryBit(yParity);
    return hex(signature.recoverPublicKey(digest).toRawBytes(false));
  } catch {
    return undefined;
  }
}

function recoveredKey(digest: Uint8Array, rs: Uint8Array, yParity: 0 | 1): string | undefined {
  try {
    return hex(ours.recover(digest, rs, yParity));
  } catch {
    return undefined;
  }
}

describe("secp256k1 in JavaScript", function () {
  this.timeout(60_000);

  it("signs as the library does, to the byte, for every key and digest", () => {
    const sameSignature = fc.property(digests, scalars, (digest, key) => {
      const expected = audited.sign(digest, word(key), { lowS: true, prehash: false });
      const { rs, yParity } = ours.sign(digest, word(key));
      expect(hex(rs)).to.equal(expected.toCompactHex());
      expect(yParity).to.equal(expected.recovery);
      expect(hex(ours.recover(digest, rs, yParity))).to.equal(hex(ours.publicKey(word(key))));
    });
    fc.assert(sameSignature, { numRuns: 300 });
  });

  it("derives the same public keys", () => {
    const sameKey = fc.property(scalars, (key) => {
      expect(hex(ours.publicKey(word(key)))).to.equal(hex(audited.getPublicKey(word(key), false)));
    });
    fc.assert(sameKey, { numRuns: 300 });
    for (const outside of [0n, N, 2n ** 256n - 1n]) expect(() => ours.publicKey(word(outside))).to.throw();
  });

  it("recovers the same keys from whatever r and s somebody made up, and none where there is none", () => {
    const sameRecovery = fc.property(digests, scalars, scalars, parities, (digest, r, s, yParity) => {
      const rs = Buffer.concat([word(r), word(s)]);
      expect(recoveredKey(digest, rs, yParity)).to.equal(auditedKey(digest, rs, yParity));
    });
    fc.assert(sameRecovery, { numRuns: 300 });
  });

  it("recovers no key from a signature that stands for the point at infinity", () => {
    const infinite = fc.property(scalars, scalars, (k, s) => {
      const { x, y } = audited.ProjectivePoint.BASE.multiply(k).toAffine();
      const rs = Buffer.concat([word(x % N), word(s)]);
      expect(() => ours.recover(word((s * k) % N), rs, y % 2n === 0n ? 0 : 1)).to.throw();
    });
    fc.assert(infinite, { numRuns: 50 });
  });
});
