import {
  createCipheriv,
  createDecipheriv,
  pbkdf2Sync,
  randomBytes,
  randomUUID,
  scryptSync,
  timingSafeEqual,
} from "node:crypto";
import { bytesToHex, checksumAddress, hexToBytes, isHex, keccak256, privateKeyToAddress } from "../core/index.ts";
import type { Address, Hex } from "../core/index.ts";

/** The most memory that a key derivation may take: 1 GiB, four times what wallets write today. */
const MAX_MEMORY = 2 ** 30;

/** What wallets write today: some 256 MiB and half a second for every guess. */
const SCRYPT_N = 2 ** 18;

interface Keystore {
  readonly version?: unknown;
  readonly address?: unknown;
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
  const mac = keccak256(Buffer.concat([derived.subarray(16, 32), ciphertext]));
  const expected = Buffer.from(crypto.mac, "hex");
  if (expected.length !== mac.length || !timingSafeEqual(expected, mac)) throw new Error("wrong keystore password");
  const iv = Buffer.from(crypto.cipherparams.iv, "hex");
  const decipher = createDecipheriv("aes-128-ctr", derived.subarray(0, 16), iv);
  return bytesToHex(Buffer.concat([decipher.update(ciphertext), decipher.final()]));
}

/**
 * A version 3 keystore file that holds a private key; every wallet that reads such files opens it with the password.
 *
 * @param n scrypt's cost, a power of two: as high as wallets choose if left out
 */
export function encryptKeystore(key: Hex, password: string, n: number = SCRYPT_N): string {
  const salt = randomBytes(32);
  const iv = randomBytes(16);
  const kdfparams = { dklen: 32, n, r: 8, p: 1, salt: salt.toString("hex") };
  const derived = scryptSync(password.normalize("NFKC"), salt, 32, { N: n, r: 8, p: 1, maxmem: MAX_MEMORY });
  const cipher = createCipheriv("aes-128-ctr", derived.subarray(0, 16), iv);
  const ciphertext = Buffer.concat([cipher.update(hexToBytes(key)), cipher.final()]);
  const mac = keccak256(Buffer.concat([derived.subarray(16, 32), ciphertext]));
  const keystore = {
    version: 3,
    id: randomUUID(),
    address: privateKeyToAddress(key).slice(2).toLowerCase(),
    crypto: {
      cipher: "aes-128-ctr",
      cipherparams: { iv: iv.toString("hex") },
      ciphertext: ciphertext.toString("hex"),
      kdf: "scrypt",
      kdfparams,
      mac: Buffer.from(mac).toString("hex"),
    },
  };
  return `${JSON.stringify(keystore, undefined, 2)}\n`;
}

/** The address that a keystore says it is for, if it says one. Unproven until the key is decrypted. */
export function keystoreAddress(text: string): Address | undefined {
  const { address } = JSON.parse(text) as Keystore;
  if (typeof address !== "string") return undefined;
  const hex = address.startsWith("0x") ? address : `0x${address}`;
  return isHex(hex, 20) ? checksumAddress(hex) : undefined;
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
