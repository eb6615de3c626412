import { createHmac, timingSafeEqual } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { bytesToHex, hexToBytes, WeirError } from "../core/index.ts";
import type { Hex } from "../core/index.ts";

/** What a session token says. */
export interface SessionClaims {
  readonly channelId: Hex;
  /** 16 bytes. */
  readonly session: Hex;
  readonly streamId: Hex;
  /** Seconds since the epoch; good until this second has passed. */
  readonly expires: number;
}

// channel id, session, stream id, expiry (6 bytes), MAC
const SESSION_AT = 32;
const STREAM_AT = 48;
const EXPIRES_AT = 80;
const MAC_AT = 86;
const LENGTH = 118;

/** Domain of the MAC, so that nothing else that the same secret authenticates can stand for a token. */
const PURPOSE = "weir session token 1\n";

/**
 * The token of a session: its claims and an HMAC-SHA256 over them, base64url. Opaque to everybody else.
 *
 * @param secret a key object, because Node takes several times longer to make one of bytes than to use it
 */
export function issueToken(secret: KeyObject, { channelId, session, streamId, expires }: SessionClaims): string {
  const bytes = Buffer.alloc(LENGTH);
  bytes.set(hexToBytes(channelId), 0);
  bytes.set(hexToBytes(session), SESSION_AT);
  bytes.set(hexToBytes(streamId), STREAM_AT);
  bytes.writeUIntBE(expires, EXPIRES_AT, 6);
  bytes.set(mac(secret, bytes.subarray(0, MAC_AT)), MAC_AT);
  return bytes.toString("base64url");
}

/**
 * The claims of a token that this relay issued.
 *
 * @param now seconds since the epoch
 * @throws WeirError `token-unknown` unless the secret made it, `token-expired`
 */
export function readToken(secret: KeyObject, token: string, now: number): SessionClaims {
  // Buffer's decoder is lenient; comparing what comes back makes sure that one session has one spelling.
  const bytes = Buffer.from(token.length > 2 * LENGTH ? "" : token, "base64url");
  if (bytes.length !== LENGTH || bytes.toString("base64url") !== token) throw new WeirError("token-unknown");
  if (!timingSafeEqual(mac(secret, bytes.subarray(0, MAC_AT)), bytes.subarray(MAC_AT))) {
    throw new WeirError("token-unknown");
  }
  const expires = bytes.readUIntBE(EXPIRES_AT, 6);
  if (now > expires) throw new WeirError("token-expired");
  return {
    channelId: bytesToHex(bytes.subarray(0, SESSION_AT)),
    session: bytesToHex(bytes.subarray(SESSION_AT, STREAM_AT)),
    streamId: bytesToHex(bytes.subarray(STREAM_AT, EXPIRES_AT)),
    expires,
  };
}

function mac(secret: KeyObject, claims: Uint8Array): Buffer {
  return createHmac("sha256", secret).update(PURPOSE).update(claims).digest();
}
