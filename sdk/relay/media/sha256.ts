import { bytesToHex } from "../../core/index.ts";
import type { Hex } from "../../core/index.ts";

/** SHA-256. WebCrypto hashes on another thread, so that a large resource does not hold up every other transfer. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Hex> {
  return bytesToHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}
