import { bytesToHex as nobleBytesToHex } from "@noble/hashes/utils";
import { keccak256 } from "./keccak256.ts";
import { WeirError } from "./weirError.ts";

/** Bytes as `0x` and two hex digits each; the same type as viem's. */
export type Hex = `0x${string}`;

/** A 20-byte address; the same type as viem's. Addresses made here are lower case; compare with `isSameAddress`. */
export type Address = `0x${string}`;

const HEX = /^0x[0-9a-fA-F]*$/;

/** Whether `value` is hex, of exactly `size` bytes if given. */
export function isHex(value: unknown, size?: number): value is Hex {
  if (typeof value !== "string") return false;
  return (size === undefined ? value.length % 2 === 0 : value.length === 2 + 2 * size) && HEX.test(value);
}

/** @throws WeirError `malformed-message` unless `value` is hex of exactly `size` bytes */
export function assertHex(value: unknown, size: number, name: string): asserts value is Hex {
  if (!isHex(value, size)) throw notHex(size, name);
}

/** @throws WeirError `malformed-message` unless `value` is an address in any letter case */
export function assertAddress(value: unknown, name: string): asserts value is Address {
  assertHex(value, 20, name);
}

/** @throws WeirError `malformed-message` unless `hex` is `0x` and an even number of hex digits */
export function hexToBytes(hex: Hex): Uint8Array {
  if (typeof hex === "string" && hex.startsWith("0x") && hex.length % 2 === 0) {
    const bytes = new Uint8Array(hex.length / 2 - 1);
    if (decodeDigits(hex, bytes, 0)) return bytes;
  }
  throw new WeirError("malformed-message", "not 0x-prefixed hex with two digits a byte");
}

/**
 * Writes hex of exactly `size` bytes to `offset`. A check and a decoding in one pass, for what is hashed by the thousand.
 *
 * @throws WeirError `malformed-message` as `assertHex` does
 */
export function writeHex(bytes: Uint8Array, offset: number, value: unknown, size: number, name: string): void {
  if (!decodeHex(value, size, bytes, offset)) throw notHex(size, name);
}

/** Writes hex of exactly `size` bytes to `offset`; `false` if `value` is anything else, with part of it written. */
export function decodeHex(value: unknown, size: number, bytes: Uint8Array, offset = 0): boolean {
  if (typeof value !== "string" || value.length !== 2 + 2 * size || !value.startsWith("0x")) return false;
  return decodeDigits(value, bytes, offset);
}

/** Decodes all digits after the prefix; `false` if one of them is none. */
function decodeDigits(hex: string, bytes: Uint8Array, offset: number): boolean {
  let at = offset;
  for (let i = 2; i < hex.length; i += 2) {
    const high = DIGITS[hex.charCodeAt(i)] ?? -1;
    const low = DIGITS[hex.charCodeAt(i + 1)] ?? -1;
    const byte = (high << 4) | low;
    if (byte < 0) return false;
    bytes[at++] = byte;
  }
  return true;
}

/** The value of a hex digit by its character code, -1 for any other. Branches on random digits cost more than a look-up. */
const DIGITS = /* @__PURE__ */ digitValues();

function digitValues(): Int8Array {
  const values = new Int8Array(128).fill(-1);
  for (const digits of ["0123456789abcdef", "0123456789ABCDEF"]) {
    for (let value = 0; value < 16; value++) values[digits.charCodeAt(value)] = value;
  }
  return values;
}

function notHex(size: number, name: string): WeirError {
  return new WeirError("malformed-message", `${name} is not ${String(size)} bytes of 0x-prefixed hex`);
}

/** Lower-case hex with the `0x` prefix. */
export function bytesToHex(bytes: Uint8Array): Hex {
  const { length } = bytes;
  if (length > MAX_KEPT) return `0x${nobleBytesToHex(bytes)}`;
  const text = (texts[length] ??= Uint8Array.of(0x30, 0x78, ...new Uint8Array(2 * length)));
  for (let i = 0; i < length; i++) {
    const byte = bytes[i] ?? 0;
    text[2 * i + 2] = CODES[byte >> 4] ?? 0;
    text[2 * i + 3] = CODES[byte & 15] ?? 0;
  }
  return ascii.decode(text) as Hex;
}

/** Hashes, addresses and signatures. Adding up their digits one by one would leave a garbage string for each. */
const MAX_KEPT = 64;

/** By number of bytes: where their text is put together. */
const texts: Uint8Array[] = [];

const ascii = /* @__PURE__ */ new TextDecoder();

/** Character codes of the hex digits. */
const CODES = /* @__PURE__ */ new TextEncoder().encode("0123456789abcdef");

/**
 * The address in the mixed case of EIP-55.
 *
 * @throws WeirError `malformed-message` unless `address` is an address
 */
export function checksumAddress(address: Address): Address {
  assertAddress(address, "address");
  const digits = address.slice(2).toLowerCase();
  const hash = bytesToHex(keccak256(new TextEncoder().encode(digits)));
  const mixed = Array.from(digits, (digit, i) => (parseInt(hash.charAt(2 + i), 16) >= 8 ? digit.toUpperCase() : digit));
  return `0x${mixed.join("")}`;
}

/** Whether two addresses are the same, whatever their letter case. */
export function isSameAddress(a: Address, b: Address): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** @throws WeirError `malformed-message` unless `value` is a bigint in 0 … 2^bits - 1 */
export function assertUint(value: unknown, bits: number, name: string): asserts value is bigint {
  if (typeof value !== "bigint" || value < 0n || value >> BigInt(bits) !== 0n) {
    throw new WeirError("malformed-message", `${name} is not a bigint that fits uint${String(bits)}`);
  }
}

/**
 * The number that a decimal string states, without sign, leading zeros or blanks: the form of every integer in JSON that
 * may exceed 2^53.
 *
 * @throws WeirError `malformed-message` for anything else or more than `bits` bits
 */
export function parseUint(text: unknown, bits: number, name: string): bigint {
  // The longest uint256 has 78 digits; the bound keeps hostile strings away from BigInt, whose cost grows with length.
  if (typeof text !== "string" || text.length > 78 || !/^(?:0|[1-9][0-9]*)$/.test(text)) {
    throw new WeirError("malformed-message", `${name} is not a decimal string`);
  }
  const value = BigInt(text);
  assertUint(value, bits, name);
  return value;
}
