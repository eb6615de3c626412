import { secp256k1 } from "@noble/curves/secp256k1";
import { expect } from "chai";
import fc from "fast-check";
import { parseSignature, recoverAddress, serializeCompactSignature, signatureToCompactSignature } from "viem";
import { privateKeyToAddress as viemAddress, sign } from "viem/accounts";
import { bytesToHex } from "../../../sdk/core/hex.ts";
import type { Hex } from "../../../sdk/core/hex.ts";
import {
  assertSigner,
  compactSignature,
  expandSignature,
  privateKeySigner,
  privateKeyToAddress,
  recoverSigner,
  signDigest,
  splitSignature,
} from "../../../sdk/core/signature.ts";
import { nobleSecp256k1 } from "../../../sdk/core/secp256k1.ts";
import { bytes32, hexOf, hostile, privateKey } from "../../helpers/arbitraries.ts";
import { errorCode } from "../../helpers/errorCode.ts";

const ORDER = secp256k1.CURVE.n;
const word = (value: bigint): string => value.toString(16).padStart(64, "0");
const few = { numRuns: 25 };

describe("signDigest", () => {
  it("gives the signature of viem, which the key's address recovers from", async () => {
    await fc.assert(
      fc.asyncProperty(bytes32, privateKey, async (digest, key) => {
        const signature = signDigest(digest, key);
        const full = await sign({ hash: digest, privateKey: key, to: "hex" });
        expect(signature).to.equal(serializeCompactSignature(signatureToCompactSignature(parseSignature(full))));
        expect(privateKeyToAddress(key)).to.equal(viemAddress(key).toLowerCase());
        expect(recoverSigner(digest, signature)).to.equal(privateKeyToAddress(key));
        expect(await privateKeySigner(key).signDigest(digest)).to.equal(signature);
        expect(privateKeySigner(key).address).to.equal(privateKeyToAddress(key));
      }),
      few,
    );
  });

  it("refuses keys outside 1 to n - 1 without repeating them", async () => {
    for (const key of [0n, ORDER, ORDER + 1n, 2n ** 256n - 1n]) {
      const hex: Hex = `0x${word(key)}`;
      for (const run of [
        () => signDigest(`0x${"11".repeat(32)}`, hex),
        () => privateKeySigner(hex),
        () => privateKeyToAddress(hex),
      ]) {
        expect(await errorCode(run)).to.equal("malformed-message");
        expect(run).to.throw().with.property("message").that.does.not.contain(word(key));
      }
    }
    expect(await errorCode(() => privateKeyToAddress(`0x${word(ORDER - 1n)}`))).to.equal("none");
  });

  it("takes keys as bytes, too, and keeps a copy", async () => {
    const key = new Uint8Array(32).fill(7);
    const signer = privateKeySigner(key);
    const before = await signer.signDigest(`0x${"11".repeat(32)}`);
    expect(before).to.equal(signDigest(`0x${"11".repeat(32)}`, bytesToHex(key)));
    key.fill(8);
    expect(await signer.signDigest(`0x${"11".repeat(32)}`)).to.equal(before);
  });

  it("refuses digests that are not 32 bytes", async () => {
    const key: Hex = `0x${"07".repeat(32)}`;
    for (const digest of ["0x", `0x${"11".repeat(31)}`, `0x${"11".repeat(33)}`] as const) {
      expect(await errorCode(() => signDigest(digest, key))).to.equal("malformed-message");
      expect(await errorCode(() => recoverSigner(digest, `0x${"11".repeat(64)}`))).to.equal("malformed-message");
    }
  });
});

describe("recoverSigner", () => {
  it("recovers from any 64 bytes what viem recovers, or refuses them", async () => {
    await fc.assert(
      fc.asyncProperty(bytes32, hexOf(64), async (digest, signature) => {
        const code = await errorCode(() => recoverSigner(digest, signature));
        if (code !== "none") {
          expect(code).to.be.oneOf(["bad-signature", "high-s"]);
          return;
        }
        const expected = await recoverAddress({ hash: digest, signature: expandSignature(signature) });
        expect(recoverSigner(digest, signature)).to.equal(expected.toLowerCase());
      }),
      few,
    );
  });

  it("recovers another key once a bit of the digest, r, s or parity differs", async () => {
    await fc.assert(
      fc.asyncProperty(bytes32, privateKey, fc.nat(767), async (digest, key, bit) => {
        const message = `${digest.slice(2)}${signDigest(digest, key).slice(2)}`;
        const at = bit >> 2;
        const flipped = (parseInt(message.charAt(at), 16) ^ (1 << (bit & 3))).toString(16);
        const changed = message.slice(0, at) + flipped + message.slice(at + 1);
        const signer = privateKeyToAddress(key);
        const check = (): void => {
          assertSigner(`0x${changed.slice(0, 64)}`, `0x${changed.slice(64)}`, signer);
        };
        expect(await errorCode(check)).to.be.oneOf(["wrong-signer", "bad-signature", "high-s"]);
      }),
      few,
    );
  });

  it("answers anything that is not a signature with a code", async () => {
    await fc.assert(
      fc.asyncProperty(hostile, async (junk) => {
        fc.pre(!(typeof junk === "string" && /^0x[0-9a-f]{128}$/.test(junk)));
        expect(await errorCode(() => recoverSigner(`0x${"11".repeat(32)}`, junk))).to.equal("bad-signature");
      }),
    );
  });
});

describe("assertSigner", () => {
  const key: Hex = `0x${"07".repeat(32)}`;
  const digest: Hex = `0x${"11".repeat(32)}`;
  const signature = signDigest(digest, key);

  it("accepts the signer in any letter case", () => {
    assertSigner(digest, signature, privateKeyToAddress(key));
    assertSigner(digest, signature, viemAddress(key));
  });

  it("refuses another one", async () => {
    const stranger = privateKeyToAddress(`0x${"08".repeat(32)}`);
    const check = (): void => {
      assertSigner(digest, signature, stranger);
    };
    expect(await errorCode(check)).to.equal("wrong-signer");
  });
});

describe("compactSignature and expandSignature", () => {
  it("undo each other", () => {
    fc.assert(
      fc.property(bytes32, privateKey, (digest, key) => {
        const signature = signDigest(digest, key);
        const full = expandSignature(signature);
        expect(compactSignature(full)).to.equal(signature);
        const withBit: Hex = `${full.slice(0, -2) as Hex}${full.endsWith("1b") ? "00" : "01"}`;
        expect(compactSignature(withBit)).to.equal(signature);
        const { r, vs } = splitSignature(signature.toUpperCase().replace("0X", "0x"));
        expect(`${r}${vs.slice(2)}`).to.equal(signature);
      }),
      few,
    );
  });

  it("refuse high s, other lengths and other parity bytes", async () => {
    const full = expandSignature(signDigest(`0x${"11".repeat(32)}`, `0x${"07".repeat(32)}`));
    const s = BigInt(`0x${full.slice(66, 130)}`);
    const high: Hex = `${full.slice(0, 66) as Hex}${word(ORDER - s)}${full.endsWith("1b") ? "1c" : "1b"}`;
    expect(await errorCode(() => compactSignature(high))).to.equal("high-s");
    for (const v of ["02", "1a", "1d", "25", "ff"]) {
      expect(await errorCode(() => compactSignature(`${full.slice(0, -2) as Hex}${v}`))).to.equal("bad-signature");
    }
    expect(await errorCode(() => compactSignature(`${full}00`))).to.equal("bad-signature");
    expect(await errorCode(() => compactSignature("0x"))).to.equal("bad-signature");
  });
});

describe("a Secp256k1 that misbehaves", () => {
  it("is reported as a bad signature, with its own error as the cause", () => {
    const cause = new TypeError("no such thing");
    const broken = {
      ...nobleSecp256k1,
      recover: () => {
        throw cause;
      },
    };
    const signature = signDigest(`0x${"11".repeat(32)}`, `0x${"07".repeat(32)}`);
    expect(() => recoverSigner(`0x${"11".repeat(32)}`, signature, broken))
      .to.throw()
      .with.property("cause", cause);
  });
});
