import { expect } from "chai";
import fc from "fast-check";
import { keccak256, setKeccak256 } from "../../../sdk/core/keccak256.ts";
import { nobleSecp256k1 } from "../../../sdk/core/secp256k1.ts";
import type { Secp256k1 } from "../../../sdk/core/secp256k1.ts";
import { privateKeyToAddress, recoverSigner, signDigest } from "../../../sdk/core/signature.ts";
import { loadFastKeccak256 } from "../../../sdk/internal/fastKeccak256.ts";
import { loadFastSecp256k1 } from "../../../sdk/internal/nativeSecp256k1.ts";
import { bytes32, hexOf, privateKey } from "../../helpers/arbitraries.ts";
import { errorCode } from "../../helpers/errorCode.ts";
import messages from "../../vectors/messages.json" with { type: "json" };
import signatures from "../../vectors/signatures.json" with { type: "json" };
import type { Hex } from "../../../sdk/core/hex.ts";

describe("loadFastSecp256k1", () => {
  let fast: Secp256k1;

  before(async () => {
    const { backend, native, reason } = await loadFastSecp256k1();
    // The package ships compiled code for these; elsewhere the JavaScript stands in, which the rest of the tests cover.
    if (["linux-x64", "darwin-arm64", "win32-x64"].includes(`${process.platform}-${process.arch}`)) {
      expect(native, String(reason)).to.equal(true);
    }
    fast = backend;
  });

  it("signs and recovers the same as the JavaScript one", () => {
    fc.assert(
      fc.property(bytes32, privateKey, (digest, key) => {
        const signature = signDigest(digest, key, fast);
        expect(signature).to.equal(signDigest(digest, key, nobleSecp256k1));
        expect(recoverSigner(digest, signature, fast)).to.equal(privateKeyToAddress(key, nobleSecp256k1));
        expect(privateKeyToAddress(key, fast)).to.equal(privateKeyToAddress(key, nobleSecp256k1));
      }),
      { numRuns: 50 },
    );
  });

  it("makes of any 64 bytes what the JavaScript one makes of them", async () => {
    const outcome = async (digest: Hex, signature: Hex, secp256k1: Secp256k1): Promise<string> => {
      const code = await errorCode(() => recoverSigner(digest, signature, secp256k1));
      return code === "none" ? recoverSigner(digest, signature, secp256k1) : code;
    };
    await fc.assert(
      fc.asyncProperty(bytes32, hexOf(64), async (digest, signature) => {
        expect(await outcome(digest, signature, fast)).to.equal(await outcome(digest, signature, nobleSecp256k1));
      }),
      { numRuns: 50 },
    );
  });

  it("gives the vectors", async () => {
    for (const { cases } of Object.values(messages)) {
      for (const { digest, privateKey: key, signer, signature } of cases) {
        expect(signDigest(digest as Hex, key as Hex, fast)).to.equal(signature);
        expect(recoverSigner(digest as Hex, signature, fast)).to.equal(signer);
      }
    }
    for (const { code, signature, name } of signatures.bad) {
      expect(await errorCode(() => recoverSigner(signatures.digest as Hex, signature, fast)), name).to.equal(code);
    }
  });
});

describe("setKeccak256", () => {
  afterEach(() => {
    setKeccak256();
  });

  it("takes the WebAssembly one, which gives the same hash of everything", async () => {
    const fast = await loadFastKeccak256();
    setKeccak256(fast);
    const data = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 20_000, size: "max" }));
    fc.assert(
      fc.property(data, (bytes) => {
        const used = keccak256(bytes);
        expect(used).to.deep.equal(fast(bytes));
        setKeccak256();
        expect(keccak256(bytes)).to.deep.equal(used);
        setKeccak256(fast);
      }),
    );
  });

  it("keeps the hashes it gave apart from the ones it gives later", async () => {
    const fast = await loadFastKeccak256();
    const first = fast(new Uint8Array([1]));
    const copy = first.slice();
    fast(new Uint8Array([2]));
    expect(first).to.deep.equal(copy);
  });

  it("refuses anything that is not a keccak-256 and keeps the one in use", () => {
    const before = keccak256(new Uint8Array([1, 2, 3]));
    for (const wrong of [
      () => new Uint8Array(32),
      (data: Uint8Array) => keccak256(data).subarray(0, 31),
      (data: Uint8Array) => (data.length > 136 ? new Uint8Array(32) : keccak256(data)),
    ]) {
      expect(() => {
        setKeccak256(wrong);
      }).to.throw(RangeError);
    }
    expect(keccak256(new Uint8Array([1, 2, 3]))).to.deep.equal(before);
  });
});
