import { asOriginPath, asText, asUint, asUintNumber } from "./fields.ts";
import { MAX_BODY_BYTES } from "./headers.ts";
import { parseJsonObject } from "./json.ts";
import { MAX_TOKEN_LENGTH } from "./receiptPost.ts";
import { acknowledgedToJson, parseAcknowledged } from "./statements.ts";
import type { Acknowledged } from "../core/totals.ts";

/** The body with which a session is asked for and opened (H3). */
export interface SessionRequest {
  /** Path of the stream's manifest on the relay's origin. */
  readonly manifest: string;
  /** What an `Authorization` header would say, from a browser that saves itself the preflight. */
  readonly authorization?: string;
}

/** What the relay answers when a session is open (H3). */
export interface SessionAnswer {
  readonly session: string;
  /** Goes into the query of segment requests. */
  readonly token: string;
  /** When `token` ends, in seconds since the epoch. */
  readonly expires: number;
  /** The relay's claim: the highest receipt that it holds, with the viewer's own signature. */
  readonly acknowledged: Acknowledged;
  /** Bytes that the confirmed deposit pays for. */
  readonly covered: bigint;
  /** Bytes that the channel may owe. */
  readonly credit: bigint;
}

/** The body of a session request, as JSON text. */
export function encodeSessionRequest({ authorization, manifest }: SessionRequest): string {
  return JSON.stringify({ manifest, authorization });
}

/** @throws WeirError `oversized-message`, `malformed-message` */
export function parseSessionRequest(body: string | Uint8Array, maxBodyBytes = MAX_BODY_BYTES): SessionRequest {
  const json = parseJsonObject(body, "session request", maxBodyBytes);
  const { authorization } = json;
  return {
    manifest: asOriginPath(json["manifest"], "manifest"),
    ...(authorization !== undefined && { authorization: asText(authorization, "authorization", maxBodyBytes) }),
  };
}

/** The body of the answer to an opened session, as JSON text. */
export function encodeSessionAnswer(answer: SessionAnswer): string {
  return JSON.stringify({
    session: answer.session,
    token: answer.token,
    expires: answer.expires.toString(),
    acknowledged: acknowledgedToJson(answer.acknowledged),
    covered: answer.covered.toString(),
    credit: answer.credit.toString(),
  });
}

/**
 * The answer to an opened session, with its form checked. Nothing in it is to be believed before
 * `acknowledged.signature` was found to be one's own.
 *
 * @throws WeirError `oversized-message`, `malformed-message`, `bad-signature`
 */
export function parseSessionAnswer(body: string | Uint8Array): SessionAnswer {
  const json = parseJsonObject(body, "session answer", MAX_BODY_BYTES);
  return {
    session: asText(json["session"], "session", 256),
    token: asText(json["token"], "token", MAX_TOKEN_LENGTH),
    expires: asUintNumber(json["expires"], 48, "expires"),
    acknowledged: parseAcknowledged(json["acknowledged"], "acknowledged"),
    covered: asUint(json["covered"], 256, "covered"),
    credit: asUint(json["credit"], 64, "credit"),
  };
}
