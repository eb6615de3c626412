import { assertHex, bytesToHex, hexToBytes, isHex, isSameAddress } from "./hex.ts";
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

const ORDER = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
const HALF_ORDER = "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0";
const ZERO = "0".repeat(64);

/**
 * Checks the form of a signature and takes it apart. Accepts exactly what the contracts accept: r and s from one to the
 * curve's order, s in its lower half.
 *
 * @throws WeirError `bad-signature` for another length or a number out of range, `high-s` for s in the upper half
 */
export function splitSignature(signature: unknown): SplitSignature {
  if (!isHex(signature, 64)) throw new WeirError("bad-signature");
  const r = signature.slice(2, 66).toLowerCase();
  const vs = signature.slice(66).toLowerCase();
  assertScalars(r, withoutParity(vs));
  return { r: `0x${r}`, vs: `0x${vs}` };
}

/**
 * The 65-byte form (r, s, v with v = 27 or 28) that most contracts and wallets use. Errors as in `splitSignature`.
 */
export function expandSignature(signature: CompactSignature): Hex {
  const { r, vs } = splitSignature(signature);
  const digits = vs.slice(2);
  return `${r}${withoutParity(digits)}${parityOf(digits) === 0 ? "1b" : "1c"}`;
}

/**
 * The compact form of a 65-byte signature whose last byte is 27 or 28, or 0 or 1.
 *
 * @throws WeirError `bad-signature` for another length, parity byte or number out of range; `high-s`
 */
export function compactSignature(full: Hex): CompactSignature {
  if (!isHex(full, 65)) throw new WeirError("bad-signature", "the signature is not 65 bytes");
  const r = full.slice(2, 66).toLowerCase();
  const s = full.slice(66, 130).toLowerCase();
  const yParity = { "00": 0, "1b": 0, "01": 1, "1c": 1 }[full.slice(130).toLowerCase()];
  if (yParity === undefined) throw new WeirError("bad-signature", "the parity byte is not 0, 1, 27 or 28");
  assertScalars(r, s);
  return yParity === 0 ? `0x${r}${s}` : `0x${r}${(parseInt(s.charAt(0), 16) | 8).toString(16)}${s.slice(1)}`;
}

/**
 * The address whose key made a signature, in lower case. This is what a contract recovers, parity included; every
 * well-formed signature recovers to some address, so compare it, or use `assertSigner`.
 *
 * @param secp256k1 the implementation to use; plain JavaScript if left out
 * @throws WeirError `malformed-message` for a digest that is not 32 bytes, `bad-signature` or `high-s`
 */
export function recoverSigner(digest: Hex, signature: unknown, secp256k1: Secp256k1 = nobleSecp256k1): Address {
  assertHex(digest, 32, "digest");
  const { r, vs } = splitSignature(signature);
  const rs = hexToBytes(`${r}${vs.slice(2)}`);
  const yParity = parityOf(vs.slice(2));
  rs[32] = (rs[32] ?? 0) & 0x7f;
  let publicKey: Uint8Array;
  try {
    publicKey = secp256k1.recover(hexToBytes(digest), rs, yParity);
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
  assertHex(digest, 32, "digest");
  const { rs, yParity } = secp256k1.sign(hexToBytes(digest), keyBytes(privateKey));
  if (yParity === 1) rs[32] = (rs[32] ?? 0) | 0x80;
  return bytesToHex(rs);
}

/** The address of a raw key, in lower case. Errors as in `signDigest`. */
export function privateKeyToAddress(privateKey: Hex | Uint8Array, secp256k1: Secp256k1 = nobleSecp256k1): Address {
  return publicKeyToAddress(secp256k1.publicKey(keyBytes(privateKey)));
}

/** A `SessionSigner` that holds a raw key in memory. Errors as in `signDigest`. */
export function privateKeySigner(privateKey: Hex | Uint8Array, secp256k1: Secp256k1 = nobleSecp256k1): SessionSigner {
  const key = keyBytes(privateKey).slice();
  return {
    address: privateKeyToAddress(key, secp256k1),
    signDigest: (digest) => signDigest(digest, key, secp256k1),
  };
}

function keyBytes(privateKey: Hex | Uint8Array): Uint8Array {
  const hex = typeof privateKey === "string" ? privateKey : bytesToHex(privateKey);
  // The message must not repeat the key.
  if (!isHex(hex, 32) || !isScalar(hex.slice(2).toLowerCase())) {
    throw new WeirError("malformed-message", "the private key is not 32 bytes from one to the order of the curve");
  }
  return hexToBytes(hex);
}

function publicKeyToAddress(publicKey: Uint8Array): Address {
  return bytesToHex(keccak256(publicKey.subarray(1)).subarray(12));
}

/** Hex digits of equal length and case compare like the numbers they write. */
function isScalar(digits: string): boolean {
  return digits > ZERO && digits < ORDER;
}

function assertScalars(r: string, s: string): void {
  if (!isScalar(r) || !isScalar(s))
    throw new WeirError("bad-signature", "r or s is zero or not below the order of the curve");
  if (s > HALF_ORDER) throw new WeirError("high-s");
}

function parityOf(vs: string): 0 | 1 {
  return vs.charAt(0) >= "8" ? 1 : 0;
}

function withoutParity(vs: string): string {
  return parityOf(vs) === 0 ? vs : (parseInt(vs.charAt(0), 16) & 7).toString(16) + vs.slice(1);
}
