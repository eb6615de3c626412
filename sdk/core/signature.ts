import { bytesToHex, decodeHex, hexToBytes, isSameAddress, writeHex } from "./hex.ts";
import type { Address, Hex } from "./hex.ts";
import { keccak256 } from "./keccak256.ts";
import { nobleSecp256k1 } from "./secp256k1.ts";
import type { Secp256k1 } from "./secp256k1.ts";
import { WeirError } from "./weirError.ts";

/** A signature as 64 bytes of hex: r, then s with the parity in its highest bit (EIP-2098). */
export type CompactSignature = Hex;

/** Signs digests for one session key: a raw key here, a hardware or browser key behind an adapter. */
export interface SessionSigner {
  readonly address: Address;
  /** Signs an EIP-712 digest. */
  signDigest(digest: Hex): Promise<CompactSignature> | CompactSignature;
}

/** The two words of a compact signature. */
export interface SplitSignature {
  readonly r: Hex;
  /** `yParity << 255 | s`. */
  readonly vs: Hex;
}

const ORDER = /* @__PURE__ */ hexToBytes("0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
const ZERO = /* @__PURE__ */ new Uint8Array(32);
const HALF_ORDER = /* @__PURE__ */ hexToBytes("0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0");

/**
 * Checks the form of a signature and takes it apart. Accepts exactly what the contracts accept: r and s from one to the
 * curve's order, s in its lower half.
 *
 * @throws WeirError `bad-signature` for another length or a number out of range, `high-s` for s in the upper half
 */
export function splitSignature(signature: unknown): SplitSignature {
  const rvs = signatureBytes(signature);
  return { r: bytesToHex(rvs.subarray(0, 32)), vs: bytesToHex(rvs.subarray(32)) };
}

/**
 * The 65-byte form (r, s, v with v = 27 or 28) that most contracts and wallets use. Errors as in `splitSignature`.
 */
export function expandSignature(signature: CompactSignature): Hex {
  const rs = signatureBytes(signature);
  const yParity = takeParity(rs);
  return `${bytesToHex(rs)}${yParity === 0 ? "1b" : "1c"}`;
}

/**
 * The compact form of a 65-byte signature whose last byte is 27 or 28, or 0 or 1.
 *
 * @throws WeirError `bad-signature` for another length, parity byte or number out of range; `high-s`
 */
export function compactSignature(full: Hex): CompactSignature {
  const bytes = new Uint8Array(65);
  if (!decodeHex(full, 65, bytes)) throw new WeirError("bad-signature", "the signature is not 65 bytes");
  const v = byteAt(bytes, 64);
  if (![0, 1, 27, 28].includes(v)) throw new WeirError("bad-signature", "the parity byte is not 0, 1, 27 or 28");
  const rs = bytes.subarray(0, 64);
  assertScalars(rs);
  setParity(rs, v === 0 || v === 27 ? 0 : 1);
  return bytesToHex(rs);
}

/**
 * The address whose key made a signature, in lower case. This is what a contract recovers, parity included; every
 * well-formed signature recovers to some address, so compare it, or use `assertSigner`.
 *
 * @param secp256k1 the implementation to use; plain JavaScript if left out
 * @throws WeirError `malformed-message` for a digest that is not 32 bytes, `bad-signature` or `high-s`
 */
export function recoverSigner(digest: Hex, signature: unknown, secp256k1: Secp256k1 = nobleSecp256k1): Address {
  const hash = digestBytes(digest);
  const rs = signatureBytes(signature);
  const yParity = takeParity(rs);
  let publicKey: Uint8Array;
  try {
    publicKey = secp256k1.recover(hash, rs, yParity);
  } catch (cause) {
    throw new WeirError("bad-signature", "the signature recovers to no key", { cause });
  }
  return publicKeyToAddress(publicKey);
}

/**
 * Checks that `signer` made a signature.
 *
 * @throws WeirError `wrong-signer` if another key did; otherwise as `recoverSigner`
 */
export function assertSigner(
  digest: Hex,
  signature: unknown,
  signer: Address,
  secp256k1: Secp256k1 = nobleSecp256k1,
): void {
  const actual = recoverSigner(digest, signature, secp256k1);
  if (!isSameAddress(actual, signer)) {
    throw new WeirError("wrong-signer", undefined, { details: `expected ${signer}, recovered ${actual}` });
  }
}

/**
 * Signs a digest with a raw key, deterministically (RFC 6979).
 *
 * @param privateKey 32 bytes
 * @param secp256k1 the implementation to use; plain JavaScript if left out
 * @throws WeirError `malformed-message` for a digest or key of the wrong form
 */
export function signDigest(
  digest: Hex,
  privateKey: Hex | Uint8Array,
  secp256k1: Secp256k1 = nobleSecp256k1,
): CompactSignature {
  const { rs, yParity } = secp256k1.sign(digestBytes(digest), keyBytes(privateKey));
  setParity(rs, yParity);
  return bytesToHex(rs);
}

/** The address of a raw key, in lower case. Errors as in `signDigest`. */
export function privateKeyToAddress(privateKey: Hex | Uint8Array, secp256k1: Secp256k1 = nobleSecp256k1): Address {
  return publicKeyToAddress(secp256k1.publicKey(keyBytes(privateKey)));
}

/** A `SessionSigner` that holds a raw key in memory. Errors as in `signDigest`. */
export function privateKeySigner(privateKey: Hex | Uint8Array, secp256k1: Secp256k1 = nobleSecp256k1): SessionSigner {
  const key = keyBytes(privateKey);
  return {
    address: privateKeyToAddress(key, secp256k1),
    signDigest: (digest) => signDigest(digest, key, secp256k1),
  };
}

/** A copy of a key's bytes. */
function keyBytes(privateKey: Hex | Uint8Array): Uint8Array {
  const bytes = new Uint8Array(32);
  const isWhole = typeof privateKey === "string" ? decodeHex(privateKey, 32, bytes) : copyBytes(privateKey, bytes);
  // The message must not repeat the key.
  if (!isWhole || !isScalar(bytes, 0)) {
    throw new WeirError("malformed-message", "the private key is not 32 bytes from one to the order of the curve");
  }
  return bytes;
}

function copyBytes(from: Uint8Array, to: Uint8Array): boolean {
  if (from.length !== to.length) return false;
  to.set(from);
  return true;
}

function digestBytes(digest: Hex): Uint8Array {
  const bytes = new Uint8Array(32);
  writeHex(bytes, 0, digest, 32, "digest");
  return bytes;
}

/** The 64 bytes of a compact signature, parity included, with everything checked. */
function signatureBytes(signature: unknown): Uint8Array {
  const rvs = new Uint8Array(64);
  if (!decodeHex(signature, 64, rvs)) throw new WeirError("bad-signature");
  const yParity = takeParity(rvs);
  assertScalars(rvs);
  setParity(rvs, yParity);
  return rvs;
}

function publicKeyToAddress(publicKey: Uint8Array): Address {
  return bytesToHex(keccak256(publicKey.subarray(1)).subarray(12));
}

function assertScalars(rs: Uint8Array): void {
  if (!isScalar(rs, 0) || !isScalar(rs, 32)) {
    throw new WeirError("bad-signature", "r or s is zero or not below the order of the curve");
  }
  if (compareWord(rs, 32, HALF_ORDER) > 0) throw new WeirError("high-s");
}

/** Whether the 32 bytes at `offset` are a number from one to the order of the curve. */
function isScalar(bytes: Uint8Array, offset: number): boolean {
  return compareWord(bytes, offset, ORDER) < 0 && compareWord(bytes, offset, ZERO) > 0;
}

/** Below, at or above zero, as the number in the 32 bytes at `offset` is below, at or above `bound`. */
function compareWord(bytes: Uint8Array, offset: number, bound: Uint8Array): number {
  for (let i = 0; i < 32; i++) {
    const difference = byteAt(bytes, offset + i) - byteAt(bound, i);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Takes the parity out of a compact signature, which leaves r and s. */
function takeParity(rvs: Uint8Array): 0 | 1 {
  const yParity = byteAt(rvs, 32) >= 0x80 ? 1 : 0;
  rvs[32] = byteAt(rvs, 32) & 0x7f;
  return yParity;
}

function setParity(rs: Uint8Array, yParity: 0 | 1): void {
  if (yParity === 1) rs[32] = byteAt(rs, 32) | 0x80;
}

function byteAt(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0;
}
