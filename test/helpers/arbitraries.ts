import fc from "fast-check";
import type { Address, Hex } from "../../sdk/core/hex.ts";
import { bytesToHex } from "../../sdk/core/hex.ts";

/** `size` bytes of hex. */
export const hexOf = (size: number): fc.Arbitrary<Hex> =>
  fc.uint8Array({ minLength: size, maxLength: size }).map(bytesToHex);

export const address: fc.Arbitrary<Address> = hexOf(20);

export const bytes32: fc.Arbitrary<Hex> = hexOf(32);

/** Integers of up to `bits` bits, with small ones and the ends as likely as all others together. */
export const uint = (bits: number): fc.Arbitrary<bigint> => {
  const max = (1n << BigInt(bits)) - 1n;
  return fc.oneof(fc.bigInt({ min: 0n, max }), fc.bigInt({ min: 0n, max: 3n }), fc.bigInt({ min: max - 3n, max }));
};

/** Private keys; a random word outside the curve's order would be a find worth reporting. */
export const privateKey: fc.Arbitrary<Hex> = bytes32.filter((key) => !/^0x(?:0{64}|f{16})/.test(key));

/** Things that a stranger, a file or a careless caller may hand over. */
export const hostile: fc.Arbitrary<unknown> = fc.oneof(
  fc.anything({ withBigInt: true, withTypedArray: true, withNullPrototype: true, withDate: true, withMap: true }),
  fc.json().map((text): unknown => JSON.parse(text)),
  fc.string({ unit: "binary" }),
  fc.stringMatching(/^0x[0-9a-f]{0,140}$/),
);
