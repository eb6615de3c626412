import { bytesToHex } from "./hex.ts";
import type { Hex } from "./hex.ts";
import { keccak256 } from "./keccak256.ts";
import { WeirError } from "./weirError.ts";

/** The longest canonical path, in bytes. */
export const MAX_PATH_BYTES = 1_024;

/** A byte range, both ends inclusive, counted from zero, as in HTTP (RFC 9110 section 14). */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f/\\]/;

/**
 * The one spelling of a resource's path relative to the manifest's directory. Two URLs name the same resource exactly if
 * this gives the same path for both.
 *
 * With `manifestUrl` the first argument may be any reference that a player resolves against it. It is resolved as a browser
 * would (WHATWG URL), and must stay on the manifest's origin and inside its directory. Without it, the first argument
 * must be such a relative path already, though not in canonical spelling. Query and fragment are dropped either way. Names
 * are compared as bytes: Unicode normalization forms of one name are different names. A canonical path is resolved with
 * `./` in front, because its first part may hold a colon.
 *
 * @throws WeirError `path-not-canonical` for a path outside the directory; a part that is empty, `.` or `..`, or holds a
 * slash, backslash or control character once decoded; an invalid escape; or more than 1,024 bytes
 */
export function canonicalPath(urlOrPath: string, manifestUrl?: string): string {
  const path = manifestUrl === undefined ? urlOrPath : relativeToDirectory(urlOrPath, manifestUrl);
  return encodePath(withoutQuery(path).split("/").map(decodePart));
}

/**
 * The canonical path of a file from its parts as the file system names them: nothing is an escape here, `100%.ts` is a
 * name.
 *
 * @throws WeirError `path-not-canonical` as in `canonicalPath`
 */
export function encodePath(parts: readonly string[]): string {
  const path = parts.map(encodePart).join("/");
  if (parts.length === 0 || path.length > MAX_PATH_BYTES) throw notCanonical("the path is empty or over 1,024 bytes");
  return path;
}

/**
 * The file-system parts of a canonical path: the inverse of `encodePath`. Safe to join below a directory.
 *
 * @throws WeirError `path-not-canonical` unless `path` is canonical
 */
export function decodePath(path: string): string[] {
  const parts = path.split("/").map(decodePart);
  if (encodePath(parts) !== path) throw notCanonical("the path is not spelled canonically");
  return parts;
}

/** Whether `path` is exactly what `canonicalPath` gives for it. */
export function isCanonicalPath(path: unknown): path is string {
  if (typeof path !== "string") return false;
  try {
    return canonicalPath(path) === path;
  } catch {
    // Every reason to refuse it is the same answer here.
    return false;
  }
}

/**
 * The name of a resource: its canonical path, or `path#first-last` for a byte range that the manifest lists by itself.
 *
 * @throws WeirError `path-not-canonical` unless `path` is canonical, `range-not-satisfiable` for an impossible range
 */
export function resourceName(path: string, range?: ByteRange): string {
  if (!isCanonicalPath(path)) throw notCanonical("the path is not spelled canonically");
  if (range === undefined) return path;
  const { first, last } = range;
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last) || first < 0 || last < first) {
    throw new WeirError("range-not-satisfiable", "a byte range needs whole numbers with 0 <= first <= last");
  }
  return `${path}#${String(first)}-${String(last)}`;
}

/**
 * Takes a resource's name apart.
 *
 * @throws WeirError `path-not-canonical` or `range-not-satisfiable` unless `resourceName` gives this very name
 */
export function parseResourceName(name: string): { readonly path: string; readonly range?: ByteRange } {
  const hash = name.indexOf("#");
  if (hash < 0) return { path: resourceName(name) };
  const match = /^(0|[1-9][0-9]{0,15})-(0|[1-9][0-9]{0,15})$/.exec(name.slice(hash + 1));
  if (match === null) throw new WeirError("range-not-satisfiable", "a byte range is written #first-last");
  const path = name.slice(0, hash);
  const range = { first: Number(match[1]), last: Number(match[2]) };
  resourceName(path, range);
  return { path, range };
}

/** The id of a resource on the wire and on chain: keccak-256 of its name in UTF-8. */
export function resourceId(name: string): Hex {
  return bytesToHex(keccak256(new TextEncoder().encode(name)));
}

function relativeToDirectory(reference: string, manifestUrl: string): string {
  let url: URL;
  let manifest: URL;
  try {
    manifest = new URL(manifestUrl);
    url = new URL(reference, manifest);
  } catch (cause) {
    throw notCanonical("not a URL", cause);
  }
  const directory = manifest.pathname.slice(0, manifest.pathname.lastIndexOf("/") + 1);
  // An origin of "null" (file:, data:) equals itself although it stands for nothing in particular.
  const sameOrigin = url.protocol === manifest.protocol && url.host === manifest.host;
  if (!sameOrigin || directory === "" || !url.pathname.startsWith(directory)) {
    throw notCanonical("the URL lies outside the manifest's directory");
  }
  return url.pathname.slice(directory.length);
}

function withoutQuery(path: string): string {
  const end = path.search(/[?#]/);
  return end < 0 ? path : path.slice(0, end);
}

function decodePart(part: string): string {
  // An escape takes three characters for one byte, so anything longer is over the limit however it is spelled.
  if (part.length > 3 * MAX_PATH_BYTES) throw notCanonical("the path is over 1,024 bytes");
  try {
    return decodeURIComponent(part);
  } catch (cause) {
    throw notCanonical("an escape is not two hex digits or not UTF-8", cause);
  }
}

function encodePart(part: string): string {
  if (part === "" || part === "." || part === ".." || FORBIDDEN.test(part)) {
    throw notCanonical("a part of the path is empty, a dot segment, or holds a slash, backslash or control character");
  }
  let encoded: string;
  try {
    encoded = encodeURIComponent(part);
  } catch (cause) {
    throw notCanonical("the path holds half a surrogate pair", cause);
  }
  // What encodeURIComponent escapes although RFC 3986 lets a path segment hold it: the other sub-delims, ":" and "@".
  return encoded.replace(/%(?:24|26|2B|2C|3A|3B|3D|40)/g, decodeURIComponent);
}

function notCanonical(message: string, cause?: unknown): WeirError {
  return new WeirError("path-not-canonical", message, { cause });
}
