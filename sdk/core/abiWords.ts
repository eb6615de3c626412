import { assertUint, bytesToHex, writeHex } from "./hex.ts";
import type { Address, Hex } from "./hex.ts";
import { keccak256 } from "./keccak256.ts";
import { WeirError } from "./weirError.ts";

/** The fixed-size Solidity types that messages and hashed structures are made of. */
export type WordType = "address" | "bytes32" | "uint32" | "uint40" | "uint64" | "uint96" | "uint256";

/** The TypeScript value of a Solidity type; as in viem, integers of up to 48 bits are numbers. */
export type WordValue<Type extends WordType> = Type extends "address"
  ? Address
  : Type extends "bytes32"
    ? Hex
    : Type extends "uint32" | "uint40"
      ? number
      : bigint;

/** One named field of a struct. */
export interface WordField {
  readonly name: string;
  readonly type: WordType;
}

/**
 * `abi.encode` of fixed-size fields: 32 bytes each, after `prefix` words that the caller has encoded already.
 *
 * @throws WeirError `malformed-message` naming the first field that has the wrong form or does not fit
 */
export function encodeWords(fields: readonly WordField[], values: object, ...prefix: Uint8Array[]): Uint8Array {
  const words = newWords(prefix.length + fields.length);
  writeWords(words, fields, values, prefix);
  return words.bytes;
}

/** `keccak256(abi.encode(...))` of fixed-size fields. Errors as in `encodeWords`. */
export function hashWords(fields: readonly WordField[], values: object, ...prefix: Uint8Array[]): Hex {
  return bytesToHex(hashWordsToBytes(fields, values, ...prefix));
}

/** `hashWords` as 32 bytes. */
export function hashWordsToBytes(fields: readonly WordField[], values: object, ...prefix: Uint8Array[]): Uint8Array {
  const count = prefix.length + fields.length;
  const words = (scratch[count] ??= newWords(count));
  words.bytes.fill(0);
  writeWords(words, fields, values, prefix);
  return keccak256(words.bytes);
}

/** Words in the making. */
interface Words {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** By number of words. What is hashed is needed no longer, and a fresh buffer costs about as much as its hash. */
const scratch: Words[] = [];

function newWords(count: number): Words {
  const bytes = new Uint8Array(32 * count);
  return { bytes, view: new DataView(bytes.buffer) };
}

function writeWords(
  { bytes, view }: Words,
  fields: readonly WordField[],
  values: object,
  prefix: readonly Uint8Array[],
): void {
  let offset = 0;
  for (const word of prefix) {
    bytes.set(word, offset);
    offset += 32;
  }
  for (const { name, type } of fields) {
    writeWord(bytes, view, offset, type, (values as Readonly<Record<string, unknown>>)[name], name);
    offset += 32;
  }
}

function writeWord(
  words: Uint8Array,
  view: DataView,
  offset: number,
  type: WordType,
  value: unknown,
  name: string,
): void {
  switch (type) {
    case "address":
      writeHex(words, offset + 12, value, 20, name);
      return;
    case "bytes32":
      writeHex(words, offset, value, 32, name);
      return;
    case "uint32":
    case "uint40": {
      const bits = type === "uint32" ? 32 : 40;
      if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value >= 2 ** bits) {
        throw new WeirError("malformed-message", `${name} is not an integer that fits ${type}`);
      }
      view.setUint8(offset + 27, Math.floor(value / 2 ** 32));
      view.setUint32(offset + 28, value % 2 ** 32);
      return;
    }
    case "uint64":
      assertUint(value, 64, name);
      view.setBigUint64(offset + 24, value);
      return;
    case "uint96":
      assertUint(value, 96, name);
      view.setUint32(offset + 20, Number(value >> 64n));
      view.setBigUint64(offset + 24, value);
      return;
    case "uint256":
      assertUint(value, 256, name);
      for (let shift = 192n, at = offset; shift >= 0n; shift -= 64n, at += 8) view.setBigUint64(at, value >> shift);
  }
}
