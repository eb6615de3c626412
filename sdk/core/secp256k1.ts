import { secp256k1 as curve } from "@noble/curves/secp256k1";

/**
 * The curve operations that signatures need. The one here runs everywhere; a native one may stand in for it. Every
 * argument has been checked for its length and range before it arrives.
 */
export interface Secp256k1 {
  /**
   * Signs 32 bytes deterministically (RFC 6979), with low s.
   *
   * @returns r and s as 64 bytes, and the parity of the nonce point's y
   */
  sign(digest: Uint8Array, privateKey: Uint8Array): { readonly rs: Uint8Array; readonly yParity: 0 | 1 };
  /**
   * The public key that made a signature, as 65 bytes beginning with 4. Throws whatever it likes if there is none.
   *
   * @param rs r and s as 64 bytes
   */
  recover(digest: Uint8Array, rs: Uint8Array, yParity: 0 | 1): Uint8Array;
  /** The public key of a private key, as 65 bytes beginning with 4. Throws whatever it likes for a key out of range. */
  publicKey(privateKey: Uint8Array): Uint8Array;
}

/** `Secp256k1` in audited plain JavaScript, for every runtime. */
export const nobleSecp256k1: Secp256k1 = {
  sign(digest, privateKey) {
    const signature = curve.sign(digest, privateKey, { lowS: true, prehash: false });
    return { rs: signature.toCompactRawBytes(), yParity: signature.recovery === 0 ? 0 : 1 };
  },
  recover(digest, rs, yParity) {
    return curve.Signature.fromCompact(rs).addRecoveryBit(yParity).recoverPublicKey(digest).toRawBytes(false);
  },
  publicKey(privateKey) {
    return curve.getPublicKey(privateKey, false);
  },
};
