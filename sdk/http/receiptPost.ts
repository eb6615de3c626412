import { WeirError } from "../core/weirError.ts";
import { asText, asUint, asUintNumber } from "./fields.ts";
import { MAX_BODY_BYTES, MAX_ENTRIES } from "./headers.ts";
import { parseJsonObject } from "./json.ts";
import {
  acknowledgedToJson,
  entryToJson,
  fundToJson,
  parseAcknowledged,
  parseEntries,
  parseSignedFund,
  parseSignedTotals,
  parseTotals,
  totalsToJson,
} from "./statements.ts";
import type { Acknowledged, ReceiptStep, SignedFund } from "../core/totals.ts";

/** What a viewer posts to the receipt URL (H6). At least one of `step`, `fund` and `end` is present. */
export interface ReceiptPost {
  readonly token: string;
  readonly step?: ReceiptStep;
  readonly fund?: SignedFund;
  /** Ends the session. */
  readonly end?: true;
}

/** What the relay answers once everything in the post is on disk (H6). */
export interface ReceiptAnswer {
  /** The highest receipt that the relay holds. */
  readonly acknowledged: Acknowledged;
  /** Bytes that the confirmed deposit pays for. */
  readonly covered: bigint;
  /** Bytes that the channel may owe. */
  readonly credit: bigint;
  /** Replaces the token of the post. */
  readonly token: string;
  /** When `token` ends, in seconds since the epoch. */
  readonly expires: number;
}

/** Sizes that a receipt post may have; the defaults are those of the protocol. */
export interface ReceiptPostLimits {
  readonly maxBodyBytes?: number;
  readonly maxEntries?: number;
}

/** Longest session token, in characters. */
export const MAX_TOKEN_LENGTH = 1_024;

/** The body of a receipt post, as JSON text. */
export function encodeReceiptPost({ token, step, fund, end }: ReceiptPost): string {
  return JSON.stringify({
    token,
    ...(step === undefined
      ? {}
      : {
          prev: totalsToJson(step.prev),
          entries: step.entries.map(entryToJson),
          receipt: acknowledgedToJson(step.receipt),
        }),
    ...(fund === undefined ? {} : { fund: fundToJson(fund) }),
    ...(end === undefined ? {} : { end }),
  });
}

/**
 * The post in a body, with its form checked; whether it is true is for the exchange to find out.
 *
 * @throws WeirError `oversized-message`, `malformed-message`, `bad-signature`
 */
export function parseReceiptPost(body: string | Uint8Array, limits: ReceiptPostLimits = {}): ReceiptPost {
  const { maxBodyBytes = MAX_BODY_BYTES, maxEntries = MAX_ENTRIES } = limits;
  const json = parseJsonObject(body, "receipt post", maxBodyBytes);
  const { prev, entries, receipt, fund, end } = json;
  const hasStep = receipt !== undefined;
  if (hasStep !== (prev !== undefined) || hasStep !== (entries !== undefined)) {
    throw new WeirError("malformed-message", "receipt, prev and entries come together");
  }
  if (end !== undefined && end !== true) throw new WeirError("malformed-message", "end is not true");
  if (!hasStep && fund === undefined && end === undefined) {
    throw new WeirError("malformed-message", "the receipt post has neither receipt nor fund nor end");
  }
  return {
    token: asText(json["token"], "token", MAX_TOKEN_LENGTH),
    ...(hasStep ? { step: parseStep(prev, entries, receipt, maxEntries) } : {}),
    ...(fund === undefined ? {} : { fund: parseSignedFund(fund, "fund") }),
    ...(end === undefined ? {} : { end }),
  };
}

function parseStep(prev: unknown, entries: unknown, receipt: unknown, maxEntries: number): ReceiptStep {
  return {
    prev: parseTotals(prev, "prev"),
    entries: parseEntries(entries, "entries", maxEntries),
    receipt: parseSignedTotals(receipt, "receipt"),
  };
}

/** The body of the answer to a receipt post, as JSON text. */
export function encodeReceiptAnswer(answer: ReceiptAnswer): string {
  return JSON.stringify({
    acknowledged: acknowledgedToJson(answer.acknowledged),
    covered: answer.covered.toString(),
    credit: answer.credit.toString(),
    token: answer.token,
    expires: answer.expires.toString(),
  });
}

/**
 * The answer to a receipt post, with its form checked. Nothing in it is to be believed before `acknowledged.signature`
 * was found to be one's own.
 *
 * @throws WeirError `oversized-message`, `malformed-message`, `bad-signature`
 */
export function parseReceiptAnswer(body: string | Uint8Array): ReceiptAnswer {
  const json = parseJsonObject(body, "receipt answer", MAX_BODY_BYTES);
  return {
    acknowledged: parseAcknowledged(json["acknowledged"], "acknowledged"),
    covered: asUint(json["covered"], 256, "covered"),
    credit: asUint(json["credit"], 64, "credit"),
    token: asText(json["token"], "token", MAX_TOKEN_LENGTH),
    expires: asUintNumber(json["expires"], 48, "expires"),
  };
}
