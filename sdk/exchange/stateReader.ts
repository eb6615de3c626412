import { assertHex, parseUint, WeirError } from "../core/index.ts";
import type { Channel, Hex } from "../core/index.ts";

/** Takes the fields of an encoded state one after the other; each call throws `malformed-message` for another form. */
export interface StateReader {
  /** A decimal string of at most `bits` bits. */
  uint(bits: number): bigint;
  /** A whole number. */
  integer(): number;
  flag(): boolean;
  text(): string;
  hex(size: number): Hex;
  /** Whether the next field is null; if so it is taken. */
  absent(): boolean;
  /** A nested array, whose items all go through `item`. */
  list<Item>(item: (reader: StateReader) => Item): Item[];
  /** Whether no field is left. */
  isAtEnd(): boolean;
  /** Throws if a field is left. */
  end(): void;
}

/**
 * Opens an encoded state: one JSON array whose first item is the version of its form. Compact, quick to write, and strict
 * when it is read: a store that returns something else is broken, and guessing would cost money.
 *
 * @throws WeirError `malformed-message` for anything but an array of this version
 */
export function readState(encoded: string, version: number): StateReader {
  let fields: unknown;
  try {
    fields = JSON.parse(encoded);
  } catch (cause) {
    throw new WeirError("malformed-message", "the state is not JSON", { cause });
  }
  const reader = readFields(fields);
  const found = reader.integer();
  if (found !== version) throw malformed(`the state has version ${found} instead of ${version}`);
  return reader;
}

function readFields(fields: unknown): StateReader {
  if (!Array.isArray(fields)) throw malformed("a part of the state is not an array");
  let next = 0;
  const take = (): unknown => fields[next++];
  const typed = <Value>(is: (value: unknown) => value is Value, name: string): Value => {
    const value = take();
    if (!is(value)) throw malformed(`field ${next} of the state is not ${name}`);
    return value;
  };
  return {
    uint: (bits) => parseUint(take(), bits, `field ${next} of the state`),
    integer: () => typed((value): value is number => Number.isSafeInteger(value), "a whole number"),
    flag: () => typed((value) => typeof value === "boolean", "true or false"),
    text: () => typed((value) => typeof value === "string", "text"),
    hex: (size) => {
      const value = take();
      assertHex(value, size, `field ${next} of the state`);
      return value;
    },
    absent: () => {
      if (fields[next] !== null) return false;
      next++;
      return true;
    },
    list: (item) => {
      const items = take();
      if (!Array.isArray(items)) throw malformed(`field ${next} of the state is not a list`);
      return items.map((fieldsOfItem: unknown) => {
        const reader = readFields(fieldsOfItem);
        const value = item(reader);
        reader.end();
        return value;
      });
    },
    isAtEnd: () => next === fields.length,
    end: () => {
      if (next !== fields.length) throw malformed("the state has more or fewer fields than its version");
    },
  };
}

/** The fields of a descriptor, for `readChannel`. */
export function channelFields({ signer, payee, pricePerGiB, gracePeriod, nonce }: Channel): unknown[] {
  return [signer, payee, pricePerGiB.toString(), gracePeriod, nonce.toString()];
}

/** The descriptor that `channelFields` wrote. */
export function readChannel(reader: StateReader): Channel {
  return {
    signer: reader.hex(20),
    payee: reader.hex(20),
    pricePerGiB: reader.uint(96),
    gracePeriod: reader.integer(),
    nonce: reader.uint(64),
  };
}

function malformed(message: string): WeirError {
  return new WeirError("malformed-message", message);
}
