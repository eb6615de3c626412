import { parseUint } from "../core/hex.ts";
import type { Address, Hex } from "../core/hex.ts";
import { WeirError } from "../core/weirError.ts";

// Hand-written instead of a schema library: the relay runs these for every receipt, and they cost about 0.1 µs each.

const BYTES_20 = /^0x[0-9a-fA-F]{40}$/;
const BYTES_32 = /^0x[0-9a-fA-F]{64}$/;
const BYTES_64 = /^0x[0-9a-fA-F]{128}$/;

/** Largest integer that JSON carries as a number here. */
const MAX_SAFE = Number.MAX_SAFE_INTEGER;

function malformed(name: string, expected: string): WeirError {
  return new WeirError("malformed-message", `${name} is not ${expected}`);
}

/** An address, in lower case. @throws WeirError `malformed-message` */
export function asAddress(value: unknown, name: string): Address {
  if (typeof value !== "string" || !BYTES_20.test(value)) throw malformed(name, "an address");
  return value.toLowerCase() as Address;
}

/** 32 bytes of hex, in lower case. @throws WeirError `malformed-message` */
export function asBytes32(value: unknown, name: string): Hex {
  if (typeof value !== "string" || !BYTES_32.test(value)) throw malformed(name, "32 bytes of 0x hex");
  return value.toLowerCase() as Hex;
}

/**
 * A signature's 64 bytes of hex, in lower case. Only the form: `r` and `s` are checked where it is recovered.
 *
 * @throws WeirError `bad-signature` for another length, `malformed-message` for anything but hex
 */
export function asSignature(value: unknown, name: string): Hex {
  if (typeof value === "string" && BYTES_64.test(value)) return value.toLowerCase() as Hex;
  if (typeof value === "string" && /^0x[0-9a-fA-F]*$/.test(value)) {
    throw new WeirError("bad-signature", `${name} is not 64 bytes`);
  }
  throw malformed(name, "64 bytes of 0x hex");
}

/** A decimal string of at most `bits` bits. @throws WeirError `malformed-message` */
export function asUint(value: unknown, bits: number, name: string): bigint {
  return parseUint(value, bits, name);
}

/** A decimal string that fits a number, such as a time in seconds. @throws WeirError `malformed-message` */
export function asUintNumber(value: unknown, bits: number, name: string): number {
  return Number(parseUint(value, bits, name));
}

/** A JSON number without a fraction from `min` to `max`. @throws WeirError `malformed-message` */
export function asInteger(value: unknown, name: string, min = 0, max = MAX_SAFE): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max) {
    throw malformed(name, `an integer from ${String(min)} to ${String(max)}`);
  }
  return value;
}

/** A string of 1 to `maxLength` characters. @throws WeirError `malformed-message` */
export function asText(value: unknown, name: string, maxLength: number): string {
  if (typeof value !== "string" || value.length === 0 || value.length > maxLength) {
    throw malformed(name, `a string of 1 to ${String(maxLength)} characters`);
  }
  return value;
}

/** Exactly this string. @throws WeirError `malformed-message` */
export function asLiteral<Literal extends string>(value: unknown, literal: Literal, name: string): Literal {
  if (value !== literal) throw malformed(name, JSON.stringify(literal));
  return literal;
}

/**
 * A path on the same origin: one leading slash, no scheme, host, backslash, query or control character that could turn it
 * into a URL of somewhere else.
 *
 * @throws WeirError `malformed-message`
 */
export function asOriginPath(value: unknown, name: string): string {
  const path = asText(value, name, 2_048);
  // A second slash or backslash at the start would name another host; blanks and controls are dropped by URL parsers.
  if (!/^\/(?![/\\])[!-~]*$/.test(path) || /[\\?#]/.test(path)) throw malformed(name, "a path on the same origin");
  return path;
}
