import { bytesToHex as nobleBytesToHex, hexToBytes as nobleHexToBytes } from "@noble/hashes/utils";
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
  if (!isHex(value, size)) {
    throw new WeirError("malformed-message", `${name} is not ${String(size)} bytes of 0x-prefixed hex`);
  }
}

/** @throws WeirError `malformed-message` unless `value` is an address in any letter case */
export function assertAddress(value: unknown, name: string): asserts value is Address {
  assertHex(value, 20, name);
}

/** @throws WeirError `malformed-message` unless `hex` is `0x` and an even number of hex digits */
export function hexToBytes(hex: Hex): Uint8Array {
  if (!isHex(hex)) throw new WeirError("malformed-message", "not 0x-prefixed hex with two digits a byte");
  return nobleHexToBytes(hex.slice(2));
}

/** Lower-case hex with the `0x` prefix. */
export function bytesToHex(bytes: Uint8Array): Hex {
  return `0x${nobleBytesToHex(bytes)}`;
}

/**
 * The address in the mixed case of EIP-55.
 *
 * @throws WeirError `malformed-message` unless `address` is an address
 */
export function checksumAddress(address: Address): Address {
  assertAddress(address, "address");
  const digits = address.slice(2).toLowerCase();
  const hash = nobleBytesToHex(keccak256(new TextEncoder().encode(digits)));
  const mixed = Array.from(digits, (digit, i) => (parseInt(hash.charAt(i), 16) >= 8 ? digit.toUpperCase() : digit));
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
