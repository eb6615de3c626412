import { WeirError } from "../../core/index.ts";
import type { ByteRange } from "../../core/index.ts";
import type { ReadRequest, Source } from "./source.ts";

/** How to talk to an upstream origin. */
export interface OriginSourceOptions {
  /** Milliseconds for one file, from the request to its last byte; 20,000 if left out. */
  readonly timeoutMs?: number;
  /** Sent with every request, for example an origin's own credential. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * A stream's files on an upstream HTTP origin. Reads are bounded in size and time; redirects are not followed, so an
 * origin cannot send the relay elsewhere.
 *
 * @param directory URL of the stream's directory; a missing final slash is added
 * @throws WeirError `malformed-message` unless it is an http or https URL without query and fragment
 */
export function originSource(directory: string, options: OriginSourceOptions = {}): Source {
  const { timeoutMs = 20_000, headers = {} } = options;
  const base = directoryUrl(directory);
  return {
    async read(path, { range, maxBytes }) {
      const abort = new AbortController();
      const timer = setTimeout(() => {
        abort.abort(new Error(`no complete answer within ${timeoutMs} ms`));
      }, timeoutMs);
      try {
        const response = await fetch(base + path, {
          headers: {
            ...headers,
            // Hashes are over the bytes of the file, whatever an origin would like to compress.
            "accept-encoding": "identity",
            ...(range === undefined ? {} : { range: `bytes=${range.first}-${range.last}` }),
          },
          redirect: "manual",
          signal: abort.signal,
        });
        return await readAnswer(response, path, range === undefined ? { maxBytes } : { range, maxBytes });
      } catch (cause) {
        throw WeirError.is(cause) ? cause : unavailable(path, "the origin does not answer", cause);
      } finally {
        clearTimeout(timer);
        // Also drops the rest of an answer that was too long.
        abort.abort();
      }
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

async function readAnswer(
  response: Response,
  path: string,
  { range, maxBytes }: ReadRequest,
): Promise<Uint8Array<ArrayBuffer>> {
  const { status, body } = response;
  if (status === 404 || status === 410) throw new WeirError("not-found", "the origin has no such file");
  if (range !== undefined && status === 206) {
    assertContentRange(response, path, range);
    return readPart(body, { first: 0, last: range.last - range.first }, maxBytes);
  }
  if (status !== 200) throw unavailable(path, `the origin answered with status ${status}`);
  // An origin without range support sends the whole file: take the part, read no further.
  return range === undefined
    ? readPart(body, undefined, maxBytes)
    : readPart(body, range, range.last - range.first + 1);
}

async function readPart(
  body: ReadableStream<Uint8Array> | null,
  part: ByteRange | undefined,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  const first = part?.first ?? 0;
  const end = part === undefined ? Infinity : part.last + 1;
  let offset = 0;
  let length = 0;
  for await (const chunk of body ?? []) {
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
    throw unavailable(path, "the origin answered with another range");
  }
}

function unavailable(path: string, message: string, cause?: unknown): WeirError {
  return new WeirError("origin-unavailable", message, { details: path, ...(cause === undefined ? {} : { cause }) });
}
