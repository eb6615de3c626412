import { WeirError } from "../../core/index.ts";
import type { ByteRange } from "../../core/index.ts";

/** One `bytes` range as a request states it: `last` is absent for `first-`, `first` for a suffix `-length`. */
export type RequestedRange =
  { readonly first: number; readonly last: number | undefined } | { readonly suffix: number };

/**
 * The single byte range of a `Range` header. `undefined` stands for everything that a server may ignore: other units,
 * several ranges, bad syntax (RFC 9110 section 14.2).
 */
export function parseRange(header: string | null): RequestedRange | undefined {
  const match = /^bytes=[ \t]*([0-9]*)-([0-9]*)[ \t]*$/i.exec(header ?? "");
  if (match === null) return undefined;
  const [, first = "", last = ""] = match;
  if (first === "") return last === "" ? undefined : { suffix: clamp(last) };
  const range = { first: clamp(first), last: last === "" ? undefined : clamp(last) };
  return range.last !== undefined && range.last < range.first ? undefined : range;
}

/**
 * The bytes that a requested range selects in a file.
 *
 * @throws WeirError `range-not-satisfiable` if it starts past the end or selects nothing
 */
export function resolveRange(requested: RequestedRange, size: number): ByteRange {
  if ("suffix" in requested) {
    if (requested.suffix === 0 || size === 0) throw notSatisfiable(size);
    return { first: Math.max(0, size - requested.suffix), last: size - 1 };
  }
  if (requested.first >= size) throw notSatisfiable(size);
  return { first: requested.first, last: Math.min(requested.last ?? size - 1, size - 1) };
}

function notSatisfiable(size: number): WeirError {
  return new WeirError("range-not-satisfiable", `the resource has ${size} bytes`);
}

/** Absurdly long digits mean "beyond the end", which the largest safe integer says as well. */
function clamp(digits: string): number {
  return Math.min(Number(digits), Number.MAX_SAFE_INTEGER);
}
