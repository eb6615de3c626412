import { asOriginPath, asUint } from "./fields.ts";
import { MAX_BODY_BYTES } from "./headers.ts";
import { asObject, parseJsonObject } from "./json.ts";
import type { JsonObject } from "./json.ts";

/** What a relay does beside serving, stated in its terms document. A viewer plays without. */
export interface RelayOffers {
  /** Path of the closing endpoint on the same origin (H10). */
  readonly closings?: string | undefined;
  /** Which deposits it sends for wallets without gas (H9). */
  readonly deposits?: DepositOffer | undefined;
}

/** Which deposits a relay sends. */
export interface DepositOffer {
  /** Path of the deposit endpoint on the same origin. */
  readonly path: string;
  /** Token base units; while gas is dear, only larger ones are sent. */
  readonly minAmount: bigint;
}

/** The members that offers add to a terms document. */
export function offersToJson({ closings, deposits }: RelayOffers): JsonObject {
  return {
    ...(closings === undefined ? {} : { closings }),
    ...(deposits === undefined ? {} : { deposits: { path: deposits.path, minAmount: deposits.minAmount.toString() } }),
  };
}

/**
 * The offers in a terms document, with their form checked. The rest of it is for `parseTerms`.
 *
 * @throws WeirError `oversized-message`, `malformed-message`
 */
export function parseOffers(body: string | Uint8Array): RelayOffers {
  const { closings, deposits } = parseJsonObject(body, "terms document", MAX_BODY_BYTES);
  return {
    ...(closings === undefined ? {} : { closings: asOriginPath(closings, "closings") }),
    ...(deposits === undefined ? {} : { deposits: parseDepositOffer(deposits) }),
  };
}

function parseDepositOffer(value: unknown): DepositOffer {
  const json = asObject(value, "deposits");
  return {
    path: asOriginPath(json["path"], "deposits.path"),
    minAmount: asUint(json["minAmount"], 96, "deposits.minAmount"),
  };
}
