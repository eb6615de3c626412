import type { WeirError } from "../core/index.ts";
import { encodeProblem, PROBLEM_MEDIA_TYPE, problemStatus } from "../http/index.ts";

/** Headers of an answer, names in lower case. */
export type AnswerHeaders = Readonly<Record<string, string>>;

/**
 * On every answer. Scripts and styles come from the page's own files alone, nobody may frame it, and no other origin may
 * read or embed anything.
 */
const COMMON_HEADERS: AnswerHeaders = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; " +
    "base-uri 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

/** An answer with the headers that all answers have; kept by nobody unless they say otherwise. */
export function answer(
  status: number,
  body: string | Uint8Array<ArrayBuffer> | null,
  headers: AnswerHeaders,
): Response {
  return new Response(body, { status, headers: { ...COMMON_HEADERS, "cache-control": "no-store", ...headers } });
}

/** A JSON answer. */
export function answerJson(status: number, document: unknown): Response {
  return answer(status, JSON.stringify(document), { "content-type": "application/json" });
}

/** A problem document (RFC 9457). */
export function answerProblem(error: WeirError, headers: AnswerHeaders = {}, status?: number): Response {
  return answer(status ?? problemStatus(error.code), encodeProblem(error), {
    "content-type": PROBLEM_MEDIA_TYPE,
    ...headers,
  });
}
