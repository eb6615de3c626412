import { WeirError } from "../core/weirError.ts";
import { parseJsonObject } from "./json.ts";
import type { JsonObject } from "./json.ts";

/** Base64url without padding (RFC 4648 section 5) of the UTF-8 form of `text`. */
export function encodeBase64Url(text: string): string {
  let binary = "";
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/**
 * The bytes of base64url without padding.
 *
 * @throws WeirError `malformed-message` for padding, other characters, or bits left over
 */
export function decodeBase64Url(text: string, name: string): Uint8Array {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) throw malformedBase64Url(name);
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  // Two texts must not stand for the same bytes, or what is authenticated is not what is compared.
  const canonical = btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  if (canonical !== text) throw malformedBase64Url(name);
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

/**
 * The JSON object in base64url.
 *
 * @param limit most characters of `text`
 * @throws WeirError `oversized-message`, `malformed-message`
 */
export function decodeBase64UrlJson(text: string, name: string, limit: number): JsonObject {
  if (text.length > limit) throw new WeirError("oversized-message", `${name} is over ${String(limit)} characters`);
  return parseJsonObject(decodeBase64Url(text, name), name, limit);
}

function malformedBase64Url(name: string): WeirError {
  return new WeirError("malformed-message", `${name} is not base64url without padding`);
}
