import type { ByteRange, Hex } from "../../core/index.ts";
import { contentType } from "../media/contentType.ts";
import { parseRange } from "../media/byteRange.ts";
import type { RequestedRange } from "../media/byteRange.ts";
import { respond } from "./respond.ts";
import type { AnswerHeaders } from "./respond.ts";

/** What the headers of an answer say about its bytes. */
export interface Representation {
  readonly path: string;
  /** Equal exactly if every byte of the file is; that of a part is its file's. */
  readonly tag: Hex;
  /** Bytes of the body. */
  readonly length: number;
  /** Set when the body is this part of the file. */
  readonly part?: ByteRange;
  /** Bytes of the whole file, if known. */
  readonly total?: number;
  readonly cacheControl: string;
  /** Whether parts of it can be had. */
  readonly hasParts?: boolean;
  /** Seconds since the origin was asked, if these are not its own bytes of this moment (RFC 9111, section 5.1). */
  readonly age?: number;
}

/** The headers of an answer that carries bytes of a stream (H5). */
export function representationHeaders(representation: Representation): AnswerHeaders {
  const { path, tag, length, part, total, cacheControl, hasParts = false, age } = representation;
  return {
    "content-type": contentType(path),
    "content-length": String(length),
    "cache-control": cacheControl,
    "accept-ranges": hasParts ? "bytes" : "none",
    etag: entityTag(tag),
    ...(part === undefined ? {} : { "content-range": `bytes ${part.first}-${part.last}/${total ?? "*"}` }),
    ...(age === undefined ? {} : { age: String(age) }),
  };
}

/**
 * The answer to conditions that a request makes, in the order of RFC 9110 section 13.2.2: `412` if the client wants only
 * bytes that are not there any more, `304` if it has those that are, `undefined` if it is to get them. There are no dates of
 * modification, so conditions on them do not count.
 */
export function respondToConditions(headers: Headers, representation: Representation): Response | undefined {
  const { tag, cacheControl } = representation;
  const etag = entityTag(tag);
  const stated = { etag, "cache-control": cacheControl };
  const wanted = headers.get("if-match");
  if (wanted !== null && !names(wanted, [etag])) return respond(412, null, stated);
  const known = headers.get("if-none-match");
  // Here entity tags are compared weakly.
  return known !== null && names(known, [etag, `W/${etag}`]) ? respond(304, null, stated) : undefined;
}

/**
 * The range that a request wants, if the server should care: of a `GET` alone, and with `If-Range` only if the file is still
 * the one that the client has parts of (RFC 9110, sections 13.1.5 and 14.2).
 *
 * @param tag of the file; `undefined` if it is not known
 */
export function requestedRange(request: Request, tag: Hex | undefined): RequestedRange | undefined {
  if (request.method !== "GET") return undefined;
  const { headers } = request;
  const condition = headers.get("if-range");
  const isWanted = condition === null || (tag !== undefined && condition.trim() === entityTag(tag));
  return isWanted ? parseRange(headers.get("range")) : undefined;
}

function names(list: string, tags: readonly string[]): boolean {
  return list.split(",").some((tag) => tag.trim() === "*" || tags.includes(tag.trim()));
}

/** A strong entity tag: equal exactly if the bytes are. */
function entityTag(tag: Hex): string {
  return `"${tag.slice(2)}"`;
}
