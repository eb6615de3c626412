import type { ViewerFetchOptions } from "../createViewer.ts";

/** The range of a `Range` header as players write it, with one range and its beginning; undefined if there is none. */
export function parseRangeHeader(headers: Readonly<Record<string, string>>): ViewerFetchOptions["range"] {
  const [, value] = Object.entries(headers).find(([name]) => name.toLowerCase() === "range") ?? [];
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(value ?? "") ?? [];
  if (first === undefined) return undefined;
  return { first: Number(first), ...(last !== undefined && last !== "" && { last: Number(last) }) };
}
