import canonicalize from "canonicalize";
import type { Address } from "../core/hex.ts";
import { WeirError } from "../core/weirError.ts";
import { formatAuthParameters, parseAuthChallenges } from "./authParameters.ts";
import { decodeBase64UrlJson, encodeBase64Url } from "./base64Url.ts";
import { asAddress, asInteger, asLiteral, asOriginPath, asText, asUint } from "./fields.ts";
import { MAX_HEADER_LENGTH, PAYMENT_INTENT, PAYMENT_METHOD, PAYMENT_SCHEME } from "./headers.ts";
import { asObject } from "./json.ts";
import type { JsonObject } from "./json.ts";
import { parseTimestamp } from "./timestamp.ts";

/** What a session costs, as a challenge states it (H2). */
export interface ChallengeRequest {
  /** Token base units per 2^30 bytes. */
  readonly pricePerGiB: bigint;
  readonly token: Address;
  readonly chainId: number;
  readonly paymentChannels: Address;
  /** Seconds. */
  readonly gracePeriod: number;
  /** Path of the stream's manifest on the relay's origin. */
  readonly manifest: string;
  readonly payee: Address;
}

/**
 * A challenge of the "Payment" HTTP authentication scheme (draft-ryan-httpauth-payment). All members are kept as they
 * were on the wire, because `id` authenticates exactly those characters.
 */
export interface Challenge {
  readonly id: string;
  /** The relay's origin. */
  readonly realm: string;
  readonly method: typeof PAYMENT_METHOD;
  readonly intent: typeof PAYMENT_INTENT;
  /** Base64url of the canonical JSON of a `ChallengeRequest`. */
  readonly request: string;
  /** RFC 3339. */
  readonly expires: string;
  readonly digest?: string;
  readonly opaque?: string;
}

/** The `request` parameter: base64url of RFC 8785 canonical JSON. */
export function encodeChallengeRequest(request: ChallengeRequest): string {
  const { chainId, gracePeriod, manifest } = request;
  const json = canonicalize({
    amount: request.pricePerGiB.toString(),
    currency: request.token,
    methodDetails: { chainId, escrowContract: request.paymentChannels, gracePeriod, manifest },
    recipient: request.payee,
    unitType: "GiB",
  });
  return encodeBase64Url(json ?? "");
}

/** @throws WeirError `oversized-message`, `malformed-message` */
export function parseChallengeRequest(encoded: string): ChallengeRequest {
  const json = decodeBase64UrlJson(encoded, "request", MAX_HEADER_LENGTH);
  const details = asObject(json["methodDetails"], "request.methodDetails");
  asLiteral(json["unitType"], "GiB", "request.unitType");
  return {
    pricePerGiB: asUint(json["amount"], 96, "request.amount"),
    token: asAddress(json["currency"], "request.currency"),
    chainId: asInteger(details["chainId"], "request.methodDetails.chainId", 1),
    paymentChannels: asAddress(details["escrowContract"], "request.methodDetails.escrowContract"),
    gracePeriod: asInteger(details["gracePeriod"], "request.methodDetails.gracePeriod", 0, 2 ** 32 - 1),
    manifest: asOriginPath(details["manifest"], "request.methodDetails.manifest"),
    payee: asAddress(json["recipient"], "request.recipient"),
  };
}

/** What a challenge's `id` authenticates: its members in a fixed order, joined by `|`, absent ones empty. */
export function challengeIdInput(challenge: Omit<Challenge, "id">): string {
  const { realm, method, intent, request, expires, digest = "", opaque = "" } = challenge;
  return [realm, method, intent, request, expires, digest, opaque].join("|");
}

/** The value of a `WWW-Authenticate` header. */
export function formatWwwAuthenticate(challenge: Challenge): string {
  return `${PAYMENT_SCHEME} ${formatAuthParameters(challengeMembers(challenge))}`;
}

/**
 * The first challenge in a `WWW-Authenticate` header that this protocol can answer, or `undefined` when there is none.
 *
 * @throws WeirError `oversized-message`, `malformed-message`
 */
export function parseWwwAuthenticate(header: string): Challenge | undefined {
  const found = parseAuthChallenges(header).find(
    ({ scheme, parameters }) =>
      scheme.toLowerCase() === PAYMENT_SCHEME.toLowerCase() &&
      parameters.get("method") === PAYMENT_METHOD &&
      parameters.get("intent") === PAYMENT_INTENT,
  );
  return found === undefined ? undefined : parseChallenge(Object.fromEntries(found.parameters));
}

/** @throws WeirError `malformed-message` */
export function parseChallenge(json: JsonObject): Challenge {
  const optional = (name: "digest" | "opaque"): Partial<Record<typeof name, string>> =>
    json[name] === undefined ? {} : { [name]: withoutSeparator(asText(json[name], name, 2_048), name) };
  const expires = asText(json["expires"], "expires", 64);
  parseTimestamp(expires, "expires");
  return {
    id: asText(json["id"], "id", 256),
    realm: withoutSeparator(asText(json["realm"], "realm", 512), "realm"),
    method: asLiteral(json["method"], PAYMENT_METHOD, "method"),
    intent: asLiteral(json["intent"], PAYMENT_INTENT, "intent"),
    request: withoutSeparator(asText(json["request"], "request", MAX_HEADER_LENGTH), "request"),
    expires,
    ...optional("digest"),
    ...optional("opaque"),
  };
}

/** The members of a challenge that are present, in the order of the scheme. */
export function challengeMembers(challenge: Challenge): [string, string][] {
  const { id, realm, method, intent, request, expires, digest, opaque } = challenge;
  const members: [string, string | undefined][] = [
    ["id", id],
    ["realm", realm],
    ["method", method],
    ["intent", intent],
    ["request", request],
    ["expires", expires],
    ["digest", digest],
    ["opaque", opaque],
  ];
  return members.filter((member): member is [string, string] => member[1] !== undefined);
}

/** Members are joined by `|` before they are authenticated: one inside a member would make two challenges alike. */
function withoutSeparator(value: string, name: string): string {
  if (value.includes("|")) throw new WeirError("malformed-message", `${name} contains "|"`);
  return value;
}
