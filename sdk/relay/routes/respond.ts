import type { WeirError } from "../../core/index.ts";
import { encodeProblem, PROBLEM_MEDIA_TYPE, problemStatus } from "../../http/index.ts";
import type { ProblemExtras } from "../../http/index.ts";

/** Headers of an answer, names in lower case. */
export type AnswerHeaders = Readonly<Record<string, string>>;

/** On every answer (H4, H8). */
const COMMON_HEADERS: AnswerHeaders = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers":
    "Age, Content-Range, ETag, Retry-After, Payment-Receipt, Weir-Delivery, WWW-Authenticate",
  "cross-origin-resource-policy": "cross-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** An answer with the headers that all answers have. */
export function respond(
  status: number,
  body: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null,
  headers: AnswerHeaders,
): Response {
  return new Response(body, { status, headers: { ...COMMON_HEADERS, ...headers } });
}

/** An empty answer that a proxy replaces with a file of its own. What the file's answer should have besides is in it. */
export function respondFromDisk(location: string, headers: AnswerHeaders): Response {
  // With a length of zero, and not of the file, the proxy keeps its connection to the relay.
  return respond(200, null, { ...headers, "content-length": "0", "x-accel-redirect": location });
}

/** A JSON answer that nobody may keep. */
export function respondJson(status: number, json: string, headers: AnswerHeaders = {}): Response {
  return respond(status, json, { "content-type": "application/json", "cache-control": "no-store", ...headers });
}

/** What else goes into a problem answer. */
export interface ProblemAnswer extends ProblemExtras {
  readonly headers?: AnswerHeaders;
}

/** A problem document (E1). */
export function respondProblem(error: WeirError, { headers = {}, ...extras }: ProblemAnswer = {}): Response {
  const { retryAfter } = extras;
  return respond(problemStatus(error.code), encodeProblem(error, extras), {
    "content-type": PROBLEM_MEDIA_TYPE,
    "cache-control": "no-store",
    ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }),
    ...headers,
  });
}

/** Answers a preflight for a day (H8). */
export function respondPreflight(): Response {
  return respond(204, null, {
    "access-control-allow-methods": "GET, HEAD, POST",
    // The last one is a mistake of a widespread client that asks for it as if it were a request header.
    "access-control-allow-headers":
      "Authorization, Content-Type, Range, If-Match, If-None-Match, If-Range, Access-Control-Expose-Headers",
    "access-control-max-age": "86400",
  });
}
