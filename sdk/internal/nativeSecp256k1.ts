import { nobleSecp256k1 } from "../core/secp256k1.ts";
import type { Secp256k1 } from "../core/secp256k1.ts";

/** What `loadFastSecp256k1` found. */
export interface FastSecp256k1 {
  readonly backend: Secp256k1;
  /** Whether `backend` is compiled code; some thirty times faster than JavaScript. */
  readonly native: boolean;
  /** Why it is not native, for the log of whoever expected it to be. */
  readonly reason?: unknown;
}

/**
 * The fastest `Secp256k1` of this runtime: libsecp256k1 where the optional package `secp256k1` has a build for it, plain
 * JavaScript elsewhere. Both give the same bytes.
 *
 * The package's own entry point falls back to a slow and older JavaScript library without saying so. This loads the
 * compiled half alone and compares it with the JavaScript here before trusting it.
 */
export async function loadFastSecp256k1(): Promise<FastSecp256k1> {
  try {
    const { default: addon } = await import("secp256k1/bindings.js");
    const backend: Secp256k1 = {
      sign(digest, privateKey) {
        const { signature, recid } = addon.ecdsaSign(digest, privateKey);
        return { rs: signature, yParity: recid === 0 ? 0 : 1 };
      },
      recover: (digest, rs, yParity) => addon.ecdsaRecover(rs, yParity, digest, false),
      publicKey: (privateKey) => addon.publicKeyCreate(privateKey, false),
    };
    assertAgreement(backend);
    return { backend, native: true };
  } catch (reason) {
    return { backend: nobleSecp256k1, native: false, reason };
  }
}

function assertAgreement(backend: Secp256k1): void {
  for (let i = 1; i <= 4; i++) {
    const key = new Uint8Array(32).fill(i);
    const digest = new Uint8Array(32).fill(255 - i);
    const expected = nobleSecp256k1.sign(digest, key);
    const actual = backend.sign(digest, key);
    const recovered = backend.recover(digest, expected.rs, expected.yParity);
    const agrees =
      expected.yParity === actual.yParity &&
      sameBytes(expected.rs, actual.rs) &&
      sameBytes(nobleSecp256k1.publicKey(key), recovered);
    if (!agrees) throw new RangeError("the compiled secp256k1 computes something else than the JavaScript one");
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
