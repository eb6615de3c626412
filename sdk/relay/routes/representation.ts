import type { ByteRange, Hex } from "../../core/index.ts";
import { contentType } from "../media/contentType.ts";
import { parseRange } from "../media/byteRange.ts";
import type { RequestedRange } from "../media/byteRange.ts";
import { respond } from "./respond.ts";
import type { AnswerHeaders } from "./respond.ts";

/** What the headers of an answer say about its bytes. */
export interface Representation {
  readonly path: string;
  readonly contentHash: Hex;
  /** Bytes of the body. */
  readonly length: number;
  /** Set when the body is this part of the file. */
  readonly part?: ByteRange;
  /** Bytes of the whole file, if known. */
  readonly total?: number;
  readonly cacheControl: string;
}

/** The headers of an answer that carries bytes of a stream (H5). */
export function representationHeaders(representation: Representation): AnswerHeaders {
  const { path, contentHash, length, part, total, cacheControl } = representation;
  return {
    "content-type": contentType(path),
    "content-length": String(length),
    "cache-control": cacheControl,
    "accept-ranges": "bytes",
    etag: entityTag(contentHash),
    ...(part === undefined ? {} : { "content-range": `bytes ${part.first}-${part.last}/${total ?? "*"}` }),
  };
}

/** `304` if the client has these bytes already (RFC 9110 section 13.1.2). */
export function respondIfFresh(headers: Headers, { contentHash, cacheControl }: Representation): Response | undefined {
  const condition = headers.get("if-none-match");
  if (condition === null) return undefined;
  const etag = entityTag(contentHash);
  // Entity tags are compared weakly here.
  const fresh = condition.split(",").some((tag) => ["*", etag, `W/${etag}`].includes(tag.trim()));
  return fresh ? respond(304, null, { etag, "cache-control": cacheControl }) : undefined;
}

/** The range that a request wants, if the server should care. */
export function requestedRange(headers: Headers): RequestedRange | undefined {
  // With If-Range, a part is only wanted if nothing changed; the whole is always a right answer.
  return headers.has("if-range") ? undefined : parseRange(headers.get("range"));
}

/** A strong entity tag: equal exactly if the bytes are. */
function entityTag(contentHash: Hex): string {
  return `"${contentHash.slice(2)}"`;
}
