import { createHmac, timingSafeEqual } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { WeirError } from "../core/index.ts";
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

// in characters: channel id, session, stream id and expiry as hex digits, MAC as base64url
const SESSION_AT = 64;
const STREAM_AT = 96;
const EXPIRES_AT = 160;
const MAC_AT = 172;

/** Domain of the MAC, so that nothing else that the same secret authenticates can stand for a token. */
const PURPOSE = "weir session token 1\n";

/**
 * The token of a session: its claims and an HMAC-SHA256 over their text. Opaque to everybody else.
 *
 * @param secret a key object, because Node takes several times longer to make one of bytes than to use it
 */
export function issueToken(secret: KeyObject, { channelId, session, streamId, expires }: SessionClaims): string {
  const claims = digits(channelId) + digits(session) + digits(streamId) + expires.toString(16).padStart(12, "0");
  return claims + mac(secret, claims);
}

/**
 * The claims of a token that this relay issued.
 *
 * @param now seconds since the epoch
 * @throws WeirError `token-unknown` unless the secret made it, `token-expired`
 */
export function readToken(secret: KeyObject, token: string, now: number): SessionClaims {
  // What is authenticated is the text itself, so a session's token has one spelling, and one that passes has this form.
  const given = Buffer.from(token.slice(MAC_AT));
  const expected = Buffer.from(mac(secret, token.slice(0, MAC_AT)));
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new WeirError("token-unknown");
  const expires = parseInt(token.slice(EXPIRES_AT, MAC_AT), 16);
  if (now > expires) throw new WeirError("token-expired");
  return {
    channelId: `0x${token.slice(0, SESSION_AT)}`,
    session: `0x${token.slice(SESSION_AT, STREAM_AT)}`,
    streamId: `0x${token.slice(STREAM_AT, EXPIRES_AT)}`,
    expires,
  };
}

function mac(secret: KeyObject, claims: string): string {
  return createHmac("sha256", secret)
    .update(PURPOSE + claims)
    .digest("base64url");
}

function digits(hex: Hex): string {
  return hex.slice(2);
}
