import { Field, invert, mod } from "@noble/curves/abstract/modular";
import { bytesToNumberBE, concatBytes, createHmacDrbg, numberToBytesBE } from "@noble/curves/abstract/utils";
import { weierstrassPoints } from "@noble/curves/abstract/weierstrass";
import { hmac } from "@noble/hashes/hmac";
import { sha256 } from "@noble/hashes/sha2";

/** A signature before it is put together: r and s as 64 bytes, and the parity of the nonce point's y. */
export interface RecoverableSignature {
  readonly rs: Uint8Array;
  readonly yParity: 0 | 1;
}

/**
 * The curve operations that signatures need. The one here runs everywhere; a native one may stand in for it. Every
 * argument has been checked for its length and range before it arrives.
 */
export interface Secp256k1 {
  /** Signs 32 bytes deterministically (RFC 6979), with low s. */
  sign(digest: Uint8Array, privateKey: Uint8Array): RecoverableSignature;
  /**
   * The public key that made a signature, as 65 bytes beginning with 4. Throws whatever it likes if there is none.
   *
   * @param rs r and s as 64 bytes
   */
  recover(digest: Uint8Array, rs: Uint8Array, yParity: 0 | 1): Uint8Array;
  /** The public key of a private key, as 65 bytes beginning with 4. Throws whatever it likes for a key out of range. */
  publicKey(privateKey: Uint8Array): Uint8Array;
}

/** The prime of the field and the order of the group (SEC 2, section 2.4.1). */
const P = 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2fn;
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

const Fp = /* @__PURE__ */ Field(P);

/**
 * The group, with audited arithmetic. Of ECDSA itself only the two equations are here: the library's own comes with
 * DER, Diffie-Hellman and verifying, which nobody needs and every page would load.
 */
const Point = /* @__PURE__ */ group();

function group(): ReturnType<typeof weierstrassPoints<bigint>>["ProjectivePoint"] {
  const { ProjectivePoint } = weierstrassPoints({
    a: 0n,
    b: 7n,
    Fp,
    n: N,
    h: 1n,
    Gx: 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n,
    Gy: 0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8n,
    endo: { beta: 0x7ae96a2b657c07106e64479eac3434e99cf0497512f58995c1396c28719501een, splitScalar },
  });
  // A table of 432 points. One of the usual 8 bits signs a fifth faster, and keeps the first signature waiting thrice as long.
  ProjectivePoint.BASE._setWindowSize(5);
  return ProjectivePoint;
}

/** Two short vectors (a, b) with a + b * lambda = 0 modulo N: (A1, B1) and (A2, A1). */
const A1 = 0x3086d221a7d46bcde86c90e49284eb15n;
const B1 = -0xe4437ed6010e88286f547fa90abfe4c3n;
const A2 = 0x114ca50f7a8e2f3f657c1108d9d44cfd8n;

/**
 * Takes a scalar apart into k1 + k2 * lambda of half its length each (Gallant, Lambert and Vanstone 2001; Guide to
 * Elliptic Curve Cryptography, algorithm 3.74): multiplying by lambda is multiplying x by beta. Recovering takes two
 * thirds of the time with it.
 */
function splitScalar(k: bigint): {
  readonly k1neg: boolean;
  readonly k1: bigint;
  readonly k2neg: boolean;
  readonly k2: bigint;
} {
  const c1 = (A1 * k + N / 2n) / N;
  const c2 = (-B1 * k + N / 2n) / N;
  const k1 = k - c1 * A1 - c2 * A2;
  const k2 = -c1 * B1 - c2 * A1;
  return { k1neg: k1 < 0n, k1: k1 < 0n ? -k1 : k1, k2neg: k2 < 0n, k2: k2 < 0n ? -k2 : k2 };
}

/** Nonces of RFC 6979, section 3.2, steps b to h. */
const untilSigned = /* @__PURE__ */ createHmacDrbg<RecoverableSignature>(32, 32, (key, ...messages) =>
  hmac(sha256, key, concatBytes(...messages)),
);

/** `Secp256k1` in plain JavaScript, for every runtime. */
export const nobleSecp256k1: Secp256k1 = {
  sign(digest, privateKey) {
    const m = mod(bytesToNumberBE(digest), N);
    const d = bytesToNumberBE(privateKey);
    return untilSigned(concatBytes(privateKey, numberToBytesBE(m, 32)), (nonce) => {
      const k = bytesToNumberBE(nonce);
      if (k === 0n || k >= N) return undefined;
      const { x: r, y } = Point.BASE.multiply(k).toAffine();
      const s = mod(invert(k, N) * mod(m + r * d, N), N);
      // An x from N to P, one in 2^127, would need a third value of the parity.
      if (r === 0n || r >= N || s === 0n) return undefined;
      const isHigh = s > N / 2n;
      return {
        rs: concatBytes(numberToBytesBE(r, 32), numberToBytesBE(isHigh ? N - s : s, 32)),
        yParity: isHigh === (y % 2n === 1n) ? 0 : 1,
      };
    });
  },
  recover(digest, rs, yParity) {
    const m = bytesToNumberBE(digest);
    const r = bytesToNumberBE(rs.subarray(0, 32));
    const s = bytesToNumberBE(rs.subarray(32));
    const root = Fp.sqrt(mod(r ** 3n + 7n, P));
    const nonce = Point.fromAffine({ x: r, y: root % 2n === BigInt(yParity) ? root : P - root });
    nonce.assertValidity();
    const inverse = invert(r, N);
    const key = Point.BASE.multiplyAndAddUnsafe(nonce, mod(-m * inverse, N), mod(s * inverse, N));
    if (key === undefined) throw new RangeError("the point at infinity is nobody's key");
    return key.toRawBytes(false);
  },
  publicKey: (privateKey) => Point.BASE.multiply(bytesToNumberBE(privateKey)).toRawBytes(false),
};
