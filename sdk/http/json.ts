import { WeirError } from "../core/weirError.ts";

/** A JSON object whose members were not looked at yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The JSON object in `body`. The size is checked before anything is parsed.
 *
 * @param what names the message in errors, for example `receipt post`
 * @param limit most bytes (of a string: UTF-16 units, never more than its bytes)
 * @throws WeirError `oversized-message`, or `malformed-message` for invalid UTF-8, invalid JSON, or another JSON type
 */
export function parseJsonObject(body: string | Uint8Array, what: string, limit: number): JsonObject {
  if (body.length > limit) throw new WeirError("oversized-message", `the ${what} is over ${String(limit)} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(typeof body === "string" ? body : utf8.decode(body));
  } catch (cause) {
    throw new WeirError("malformed-message", `the ${what} is not JSON in UTF-8`, { cause });
  }
  return asObject(value, what);
}

/** @throws WeirError `malformed-message` unless `value` is a JSON object */
export function asObject(value: unknown, what: string): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new WeirError("malformed-message", `${what} is not a JSON object`);
  }
  return value as JsonObject;
}
