import type { Channel } from "../core/channel.ts";
import type { Address, Hex } from "../core/hex.ts";
import { WeirError } from "../core/weirError.ts";
import { decodeBase64UrlJson, encodeBase64Url } from "./base64Url.ts";
import { challengeMembers, parseChallenge } from "./challenge.ts";
import type { Challenge } from "./challenge.ts";
import { asAddress, asBytes32, asInteger, asSignature, asText, asUint } from "./fields.ts";
import { MAX_HEADER_LENGTH, PAYMENT_SCHEME } from "./headers.ts";
import { asObject } from "./json.ts";
import type { JsonObject } from "./json.ts";
import { acknowledgedToJson, fundToJson, parseSignedFund, parseSignedTotals } from "./statements.ts";
import type { SignedFund, SignedTotals } from "../core/totals.ts";

/** What a viewer opens a session with (H3). */
export interface OpenPayload {
  readonly channel: Channel;
  /** The signer's `Open` over the challenge and realm: 64 bytes. */
  readonly signature: Hex;
  /** Where the channel's running hash starts; 32 random bytes. */
  readonly seed: Hex;
  /** The highest receipt that the viewer holds, for a relay that lost its own. */
  readonly receipt?: SignedTotals;
  readonly fund?: SignedFund;
}

/** The answer to a challenge. */
export interface Credential {
  /** Echoed as it was received. */
  readonly challenge: Challenge;
  readonly payload: OpenPayload;
  /** Chain and session key, as the credential's `source` states them. */
  readonly source: { readonly chainId: number; readonly signer: Address };
}

/** The value of the `Authorization` header that answers a challenge. */
export function formatAuthorization({ challenge, payload, source }: Credential): string {
  const { channel, signature, seed, receipt, fund } = payload;
  const json = {
    challenge: Object.fromEntries(challengeMembers(challenge)),
    payload: {
      channel: channelToJson(channel),
      signature,
      seed,
      ...(receipt === undefined ? {} : { receipt: acknowledgedToJson(receipt) }),
      ...(fund === undefined ? {} : { fund: fundToJson(fund) }),
    },
    source: `did:pkh:eip155:${String(source.chainId)}:${source.signer}`,
  };
  return `${PAYMENT_SCHEME} ${encodeBase64Url(JSON.stringify(json))}`;
}

/**
 * The credential in an `Authorization` header, with its form checked. Returns `undefined` for another scheme.
 *
 * @throws WeirError `oversized-message`, `malformed-message`, `bad-signature`
 */
export function parseAuthorization(header: string): Credential | undefined {
  if (header.length > MAX_HEADER_LENGTH) throw new WeirError("oversized-message", "Authorization is too long");
  const match = /^([!-~]+) +([!-~]+)$/.exec(header);
  if (match?.[1]?.toLowerCase() !== PAYMENT_SCHEME.toLowerCase()) return undefined;
  const json = decodeBase64UrlJson(match[2] ?? "", "credential", MAX_HEADER_LENGTH);
  const payload = parseOpenPayload(asObject(json["payload"], "payload"));
  const source = parseSource(json["source"]);
  if (source.signer !== payload.channel.signer) {
    throw new WeirError("malformed-message", "source and payload.channel name different signers");
  }
  return { challenge: parseChallenge(asObject(json["challenge"], "challenge")), payload, source };
}

function parseOpenPayload(json: JsonObject): OpenPayload {
  const { receipt, fund } = json;
  return {
    channel: parseChannel(asObject(json["channel"], "payload.channel"), "payload.channel"),
    signature: asSignature(json["signature"], "payload.signature"),
    seed: asBytes32(json["seed"], "payload.seed"),
    ...(receipt === undefined ? {} : { receipt: parseSignedTotals(receipt, "payload.receipt") }),
    ...(fund === undefined ? {} : { fund: parseSignedFund(fund, "payload.fund") }),
  };
}

/** The JSON form of a channel's descriptor. */
export function channelToJson(channel: Channel): JsonObject {
  return { ...channel, pricePerGiB: channel.pricePerGiB.toString(), nonce: channel.nonce.toString() };
}

/** A channel's descriptor, its form checked. @throws WeirError `malformed-message` */
export function parseChannel(json: JsonObject, name: string): Channel {
  return {
    signer: asAddress(json["signer"], `${name}.signer`),
    payee: asAddress(json["payee"], `${name}.payee`),
    pricePerGiB: asUint(json["pricePerGiB"], 96, `${name}.pricePerGiB`),
    gracePeriod: asInteger(json["gracePeriod"], `${name}.gracePeriod`, 0, 2 ** 32 - 1),
    nonce: asUint(json["nonce"], 64, `${name}.nonce`),
  };
}

function parseSource(value: unknown): Credential["source"] {
  const match = /^did:pkh:eip155:([1-9][0-9]{0,15}):(0x[0-9a-fA-F]{40})$/.exec(asText(value, "source", 128));
  if (match === null) throw new WeirError("malformed-message", "source is not did:pkh:eip155:<chain>:<address>");
  return { chainId: asInteger(Number(match[1]), "source"), signer: asAddress(match[2], "source") };
}
