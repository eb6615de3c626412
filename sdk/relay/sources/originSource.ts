import { WeirError } from "../../core/index.ts";
import type { ByteRange } from "../../core/index.ts";
import { attemptOrigin, PassingFault } from "./attemptOrigin.ts";
import type { AttemptLimits } from "./attemptOrigin.ts";
import type { ReadRequest, Source } from "./source.ts";

/** How to talk to an upstream origin. */
export interface OriginSourceOptions {
  /** Milliseconds for one file, from the request to its last byte, with every new try; 20,000 if left out. */
  readonly timeoutMs?: number;
  /** Milliseconds for which the origin may send nothing before it is asked anew; 5,000 if left out. */
  readonly stallMs?: number;
  /** How often it is asked for one file, if it fails in a way that may pass; 3 if left out. */
  readonly attempts?: number;
  /** Sent with every request, for example an origin's own credential. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Longest age that is believed, in seconds. */
const MAX_AGE = 86_400;

/**
 * A stream's files on an upstream HTTP origin. Reads are bounded in size and time; redirects are not followed, so an
 * origin cannot send the relay elsewhere. What may pass (no answer, a broken or stalled one, 429 and 5xx) is tried again
 * after a while, within the same time.
 *
 * @param directory URL of the stream's directory; a missing final slash is added
 * @throws WeirError `malformed-message` unless it is an http or https URL without query and fragment
 */
export function originSource(directory: string, options: OriginSourceOptions = {}): Source {
  const { timeoutMs = 20_000, stallMs = 5_000, attempts = 3 } = options;
  const limits: AttemptLimits = { timeoutMs, stallMs, attempts };
  const base = directoryUrl(directory);
  // Hashes are over the bytes of the file, whatever an origin would like to compress.
  const always = { ...options.headers, "accept-encoding": "identity" };
  return {
    async read(path, request) {
      const { range } = request;
      const headers = range === undefined ? always : { ...always, range: `bytes=${range.first}-${range.last}` };
      return attemptOrigin(base, path, { headers, limits }, async (response, onChunk) =>
        readAnswer(response, path, request, onChunk),
      );
    },
    async readNewer(path, { maxBytes, known: { etag: knownTag, lastModified: knownDate } = {} }) {
      const headers: Record<string, string> = {
        ...always,
        // A cache on the way would answer with what it has; what is asked for is what the origin has now.
        "cache-control": "no-cache",
        ...(knownTag === undefined ? {} : { "if-none-match": knownTag }),
        ...(knownDate === undefined ? {} : { "if-modified-since": knownDate }),
      };
      return attemptOrigin(base, path, { headers, limits }, async (response, onChunk) => {
        const age = ageOf(response);
        const isKnown = response.status === 304 && (knownTag ?? knownDate) !== undefined;
        const bytes = isKnown ? undefined : await readAnswer(response, path, { maxBytes }, onChunk);
        const etag = response.headers.get("etag") ?? (isKnown ? knownTag : undefined);
        const lastModified = response.headers.get("last-modified") ?? (isKnown ? knownDate : undefined);
        return {
          bytes,
          age,
          ...(etag === undefined ? {} : { etag }),
          ...(lastModified === undefined ? {} : { lastModified }),
        };
      });
    },
  };
}

function directoryUrl(directory: string): string {
  const url = URL.parse(directory);
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== "" || url.hash !== "") {
    throw new WeirError("malformed-message", "an origin is an http or https URL without query and fragment");
  }
  return url.href.endsWith("/") ? url.href : `${url.href}/`;
}

function ageOf({ headers }: Response): number {
  const stated = headers.get("age") ?? "0";
  return /^[0-9]{1,10}$/.test(stated) ? Math.min(Number(stated), MAX_AGE) : 0;
}

async function readAnswer(
  response: Response,
  path: string,
  { range, maxBytes }: ReadRequest,
  onChunk: () => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const { status } = response;
  if (status === 404 || status === 410) throw new WeirError("not-found", "the origin has no such file");
  if (range !== undefined && status === 206) {
    assertContentRange(response, path, range);
    return readPart(response, { first: 0, last: range.last - range.first }, maxBytes, onChunk);
  }
  if (status !== 200) throw refused(response, path);
  // An origin without range support sends the whole file: take the part, read no further.
  return range === undefined
    ? readPart(response, undefined, maxBytes, onChunk)
    : readPart(response, range, range.last - range.first + 1, onChunk);
}

async function readPart(
  { body }: Response,
  part: ByteRange | undefined,
  maxBytes: number,
  onChunk: () => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  const first = part?.first ?? 0;
  const end = part === undefined ? Infinity : part.last + 1;
  let offset = 0;
  let length = 0;
  for await (const chunk of body ?? []) {
    onChunk();
    const kept = chunk.subarray(Math.max(0, first - offset), Math.max(0, end - offset));
    offset += chunk.length;
    length += kept.length;
    if (length > maxBytes) throw new WeirError("oversized-message", `the file is over ${maxBytes} bytes`);
    if (kept.length > 0) chunks.push(kept);
    if (offset >= end) break;
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function assertContentRange(response: Response, path: string, { first, last }: ByteRange): void {
  const stated = response.headers.get("content-range") ?? "";
  if (!stated.startsWith(`bytes ${first}-${last}/`)) {
    throw new WeirError("origin-unavailable", "the origin answered with another range", { details: path });
  }
}

/** A status that passes by itself, or one that asking again does not change. */
function refused({ headers, status }: Response, path: string): Error {
  const error = new WeirError("origin-unavailable", `the origin answered with status ${status}`, { details: path });
  const isPassing = status === 429 || (status >= 500 && status !== 501 && status !== 505);
  if (!isPassing) return error;
  const retryAfter = headers.get("retry-after") ?? "";
  return new PassingFault(error, /^[0-9]{1,5}$/.test(retryAfter) ? Number(retryAfter) * 1_000 : 0);
}
