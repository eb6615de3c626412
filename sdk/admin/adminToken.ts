import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { WeirError } from "../core/index.ts";

/** Proof that whoever asks knows the operator's token. */
export interface AdminToken {
  /** Whether this is the token; takes the same time whatever it is. */
  readonly matches: (text: string) => boolean;
  /** The value of a cookie that stands for the token until then, and does not reveal it. */
  readonly cookie: (expires: number) => string;
  /** Whether a cookie's value is one of ours that has not expired. */
  readonly acceptsCookie: (value: string, now: number) => boolean;
}

/** Fewest characters of a token: 32 hexadecimal digits are 128 bits, which nobody guesses. */
const LEAST_LENGTH = 32;

/** Domain of the cookie's MAC. */
const PURPOSE = "weir admin cookie 1\n";

/**
 * The token of the operator's page and metrics.
 *
 * @throws WeirError `malformed-message` if it is short enough to be guessed, or cannot stand in a header
 */
export function adminToken(secret: string): AdminToken {
  if (secret.length < LEAST_LENGTH || !/^[\x21-\x7e]+$/.test(secret)) {
    throw new WeirError(
      "malformed-message",
      `the admin token must be at least ${LEAST_LENGTH} visible ASCII characters, such as openssl rand -hex 32 prints`,
    );
  }
  const expected = digest(secret);
  const mac = (expires: string): Buffer => createHmac("sha256", secret).update(PURPOSE).update(expires).digest();
  return {
    matches: (text) => timingSafeEqual(digest(text), expected),
    cookie: (expires) => `${expires}.${mac(String(expires)).toString("base64url")}`,
    acceptsCookie(value, now) {
      const [, expires, given] = /^([0-9]{1,12})\.([A-Za-z0-9_-]{43})$/.exec(value) ?? [];
      if (expires === undefined || given === undefined || Number(expires) < now) return false;
      return timingSafeEqual(Buffer.from(given, "base64url"), mac(expires));
    },
  };
}

/** Equally long whatever the text is, as comparing in constant time needs. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
