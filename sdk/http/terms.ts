import type { Address } from "../core/hex.ts";
import { WeirError } from "../core/weirError.ts";
import { asAddress, asInteger, asLiteral, asOriginPath, asText, asUint } from "./fields.ts";
import { MAX_BODY_BYTES } from "./headers.ts";
import { asObject, parseJsonObject } from "./json.ts";
import { offersToJson } from "./offers.ts";
import type { RelayOffers } from "./offers.ts";

/** What a relay offers and to whom it wants to be paid (H1). A viewer compares all of it with its own configuration. */
export interface RelayTerms {
  /** The relay's origin, for example `https://relay.example`. */
  readonly realm: string;
  readonly chainId: number;
  readonly token: Address;
  readonly paymentChannels: Address;
  readonly operatorRegistry: Address;
  /** Who is paid. */
  readonly payee: Address;
  /** Whose signature deliveries carry: the operator's agent, or the payee itself. */
  readonly agent: Address;
  /** Token base units per 2^30 bytes. */
  readonly pricePerGiB: bigint;
  /** Seconds from a close request until anyone may finalize it. */
  readonly gracePeriod: number;
  /** Bytes that a new channel may owe, at least. */
  readonly credit: bigint;
  /** Path of the session endpoint on the same origin. */
  readonly sessions: string;
  /** Path of the receipt endpoint on the same origin. */
  readonly receipts: string;
  readonly limits: RelayLimits;
}

/** Limits that a relay states in its terms. */
export interface RelayLimits {
  /** Most entries in one receipt post. */
  readonly maxEntries: number;
  /** Largest body of a POST, in bytes. */
  readonly maxBodyBytes: number;
  /** Lifetime of a session token, in seconds. */
  readonly tokenSeconds: number;
}

const VERSION = "terms/1";
const UINT32_MAX = 2 ** 32 - 1;

/** The terms document, as JSON text. */
export function encodeTerms(terms: RelayTerms, offers: RelayOffers = {}): string {
  return JSON.stringify({
    weir: VERSION,
    realm: terms.realm,
    chainId: terms.chainId,
    token: terms.token,
    paymentChannels: terms.paymentChannels,
    operatorRegistry: terms.operatorRegistry,
    payee: terms.payee,
    agent: terms.agent,
    pricePerGiB: terms.pricePerGiB.toString(),
    gracePeriod: terms.gracePeriod,
    credit: terms.credit.toString(),
    sessions: terms.sessions,
    receipts: terms.receipts,
    ...offersToJson(offers),
    limits: terms.limits,
  });
}

/**
 * The terms in a document, with their form checked. Whether they are acceptable is the caller's to decide.
 *
 * @param body the document as it came, before any parsing
 * @param origin the origin it was fetched from; a relay that names another realm is refused
 * @throws WeirError `oversized-message`, `malformed-message`
 */
export function parseTerms(body: string | Uint8Array, origin: string): RelayTerms {
  const json = parseJsonObject(body, "terms document", MAX_BODY_BYTES);
  asLiteral(json["weir"], VERSION, "weir");
  const realm = asText(json["realm"], "realm", 512);
  if (realm !== origin) throw new WeirError("malformed-message", "realm is not the origin that sent the terms");
  const limits = asObject(json["limits"], "limits");
  return {
    realm,
    chainId: asInteger(json["chainId"], "chainId", 1),
    token: asAddress(json["token"], "token"),
    paymentChannels: asAddress(json["paymentChannels"], "paymentChannels"),
    operatorRegistry: asAddress(json["operatorRegistry"], "operatorRegistry"),
    payee: asAddress(json["payee"], "payee"),
    agent: asAddress(json["agent"], "agent"),
    pricePerGiB: asUint(json["pricePerGiB"], 96, "pricePerGiB"),
    gracePeriod: asInteger(json["gracePeriod"], "gracePeriod", 0, UINT32_MAX),
    credit: asUint(json["credit"], 64, "credit"),
    sessions: asOriginPath(json["sessions"], "sessions"),
    receipts: asOriginPath(json["receipts"], "receipts"),
    limits: {
      maxEntries: asInteger(limits["maxEntries"], "limits.maxEntries", 1, 65_536),
      maxBodyBytes: asInteger(limits["maxBodyBytes"], "limits.maxBodyBytes", 1_024, 2 ** 30),
      tokenSeconds: asInteger(limits["tokenSeconds"], "limits.tokenSeconds", 1, 86_400),
    },
  };
}
