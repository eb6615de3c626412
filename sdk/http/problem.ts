import { errorCatalogue } from "../core/errorCatalogue.ts";
import type { ErrorDescription, WeirErrorCode } from "../core/errorCatalogue.ts";
import { WeirError } from "../core/weirError.ts";
import { asInteger, asText } from "./fields.ts";
import { MAX_BODY_BYTES } from "./headers.ts";
import { parseJsonObject } from "./json.ts";
import { acknowledgedToJson, parseAcknowledged } from "./statements.ts";
import type { Acknowledged } from "../core/totals.ts";

/** What a problem document carries beside its error, where that helps. */
export interface ProblemExtras {
  /** The highest receipt that the relay holds, with `receipt-stale`. */
  readonly acknowledged?: Acknowledged;
  /** Seconds until another try makes sense. */
  readonly retryAfter?: number;
}

/** A problem document (RFC 9457) as it was understood. */
export interface Problem extends ProblemExtras {
  readonly error: WeirError;
  /** HTTP status. */
  readonly status: number;
}

/** Types that the "Payment" scheme defines for the codes that only challenges have. */
const SCHEME_TYPES: Partial<Record<WeirErrorCode, string>> = {
  "token-missing": "https://paymentauth.org/problems/payment-required",
  "challenge-unknown": "https://paymentauth.org/problems/invalid-challenge",
  "challenge-expired": "https://paymentauth.org/problems/payment-expired",
  "challenge-used": "https://paymentauth.org/problems/invalid-challenge",
};

const MAX_RETRY_AFTER = 86_400;

/** The problem type URI of a code. */
export function problemType(code: WeirErrorCode): string {
  return SCHEME_TYPES[code] ?? `urn:weir:problem:${code}`;
}

/** The HTTP status of a code; 500 for codes that never should have left the process. */
export function problemStatus(code: WeirErrorCode): number {
  const { httpStatus }: ErrorDescription = errorCatalogue[code];
  return httpStatus ?? 500;
}

/**
 * The problem document of an error, as JSON text. States what the sender can act on and nothing about the inside: an
 * error's cause and details stay in the process.
 */
export function encodeProblem(error: WeirError, extras: ProblemExtras = {}): string {
  const { acknowledged, retryAfter } = extras;
  return JSON.stringify({
    type: problemType(error.code),
    title: errorCatalogue[error.code].title,
    status: problemStatus(error.code),
    detail: error.shortMessage,
    code: error.code,
    ...(acknowledged === undefined ? {} : { acknowledged: acknowledgedToJson(acknowledged) }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  });
}

/**
 * The error in a problem document. A code that this version does not know becomes `relay-unreachable`, because all that
 * is known then is that this relay does not deliver.
 *
 * @param status of the answer; the document's own is not believed
 * @throws WeirError `oversized-message`, `malformed-message`
 */
export function parseProblem(body: string | Uint8Array, status: number): Problem {
  const json = parseJsonObject(body, "problem document", MAX_BODY_BYTES);
  const code = asText(json["code"], "code", 64);
  const detail = json["detail"] === undefined ? undefined : asText(json["detail"], "detail", 1_024);
  const known = Object.hasOwn(errorCatalogue, code) ? (code as WeirErrorCode) : undefined;
  const error =
    known === undefined
      ? new WeirError("relay-unreachable", "the relay answered with an unknown error", { details: code })
      : new WeirError(known, detail);
  const { acknowledged, retryAfter } = json;
  return {
    error,
    status,
    ...(acknowledged === undefined ? {} : { acknowledged: parseAcknowledged(acknowledged, "acknowledged") }),
    ...(retryAfter === undefined ? {} : { retryAfter: asInteger(retryAfter, "retryAfter", 0, MAX_RETRY_AFTER) }),
  };
}
