import { keccak_256 } from "@noble/hashes/sha3";

/** A keccak-256: bytes in, 32 fresh bytes out. Must be synchronous and pure. */
export type Keccak256 = (data: Uint8Array) => Uint8Array;

let implementation: Keccak256 = keccak_256;

/** Keccak-256 of `data` (the hash of Ethereum, not NIST SHA3-256). */
export function keccak256(data: Uint8Array): Uint8Array {
  return implementation(data);
}

/**
 * Replaces the keccak-256 of the whole process by a faster one, or by the built-in one when called without an argument.
 * It is process-wide on purpose: a hash has one right answer, so a faster one changes nothing but time, and threading it
 * through every function that hashes would put it into every signature. Call it once at start.
 *
 * The candidate must give the known answers for messages around the block size of 136 bytes first.
 *
 * @throws RangeError if the candidate computes anything else
 */
export function setKeccak256(candidate: Keccak256 = keccak_256): void {
  for (const length of [0, 1, 32, 135, 136, 137, 272, 300]) {
    const message = new Uint8Array(length).map((_, i) => i);
    const expected = keccak_256(message);
    const actual = candidate(message);
    if (actual.length !== 32 || actual.some((byte, i) => byte !== expected[i])) {
      throw new RangeError(`not a keccak-256: wrong hash of ${String(length)} bytes`);
    }
  }
  implementation = candidate;
}
