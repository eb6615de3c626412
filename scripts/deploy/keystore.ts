import { createDecipheriv, pbkdf2Sync, scryptSync, timingSafeEqual } from "node:crypto";
import { bytesToHex, concat, keccak256 } from "viem";
import type { Hex } from "viem";

/** The most memory that a key derivation may take: 1 GiB, four times what wallets write today. */
const MAX_MEMORY = 2 ** 30;

interface Keystore {
  readonly version?: unknown;
  readonly crypto?: Crypto;
  readonly Crypto?: Crypto;
}

interface Crypto {
  readonly cipher: string;
  readonly cipherparams: { readonly iv: string };
  readonly ciphertext: string;
  readonly kdf: string;
  readonly kdfparams: {
    readonly salt: string;
    readonly dklen: number;
    readonly n?: number;
    readonly r?: number;
    readonly p?: number;
    readonly c?: number;
    readonly prf?: string;
  };
  readonly mac: string;
}

/**
 * The private key in a version 3 keystore file (Web3 Secret Storage), as geth, cast and most wallets write it.
 *
 * @throws Error if the password is wrong or the file is of another kind
 */
export function decryptKeystore(text: string, password: string): Hex {
  const keystore = JSON.parse(text) as Keystore;
  const crypto = keystore.crypto ?? keystore.Crypto;
  if (keystore.version !== 3 || crypto?.cipher !== "aes-128-ctr") {
    throw new Error("not a version 3 keystore with aes-128-ctr");
  }
  const derived = deriveKey(crypto, password);
  const ciphertext = Buffer.from(crypto.ciphertext, "hex");
  const mac = keccak256(concat([derived.subarray(16, 32), ciphertext]), "bytes");
  const expected = Buffer.from(crypto.mac, "hex");
  if (expected.length !== mac.length || !timingSafeEqual(expected, mac)) throw new Error("wrong keystore password");
  const iv = Buffer.from(crypto.cipherparams.iv, "hex");
  const decipher = createDecipheriv("aes-128-ctr", derived.subarray(0, 16), iv);
  return bytesToHex(Buffer.concat([decipher.update(ciphertext), decipher.final()]));
}

function deriveKey({ kdf, kdfparams }: Crypto, password: string): Buffer {
  const { c, dklen, n, p, prf, r } = kdfparams;
  const salt = Buffer.from(kdfparams.salt, "hex");
  const secret = Buffer.from(password.normalize("NFKC"), "utf8");
  if (kdf === "scrypt" && n !== undefined && r !== undefined && p !== undefined) {
    return scryptSync(secret, salt, dklen, { N: n, r, p, maxmem: MAX_MEMORY });
  }
  if (kdf === "pbkdf2" && prf === "hmac-sha256" && c !== undefined) return pbkdf2Sync(secret, salt, c, dklen, "sha256");
  throw new Error(`unknown key derivation ${kdf}`);
}
