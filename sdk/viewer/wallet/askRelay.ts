import { MAX_GRACE_PERIOD } from "../../core/channel.ts";
import type { Deployment } from "../../core/deployment.ts";
import { MAX_BODY_BYTES, parseOffers, parseProblem, parseTerms, TERMS_PATH } from "../../http/index.ts";
import type { RelayOffers } from "../../http/index.ts";
import { asWeirError } from "../asWeirError.ts";
import { checkTerms } from "../checkTerms.ts";
import { systemClock, withTimeout } from "../clock.ts";
import { readBody } from "../readBody.ts";
import type { Fetch } from "../relayWire.ts";

/** For an answer of a relay, in milliseconds: it may wait for the chain itself. */
const TIMEOUT_MS = 15_000;

/** No price is too high for closing a channel that was paid at it. */
const ANY_PRICE = 2n ** 96n - 1n;

/**
 * What a relay offers beside serving.
 *
 * @param maxPricePerGiB of whom to deal with; any if left out
 * @throws WeirError as `checkTerms` for a relay of another deployment, or `relay-unreachable`
 */
export async function readOffers(
  fetch: Fetch,
  origin: string,
  deployment: Deployment,
  maxPricePerGiB = ANY_PRICE,
): Promise<RelayOffers> {
  return ask(fetch, origin + TERMS_PATH, {}, (body) => {
    checkTerms(parseTerms(body, origin), { deployment, maxPricePerGiB, maxGracePeriod: MAX_GRACE_PERIOD });
    return parseOffers(body);
  });
}

/**
 * Posts JSON to a relay, outside any stream.
 *
 * @throws WeirError whatever the relay refuses it with, or `relay-unreachable`
 */
export async function askRelay<Value>(
  fetch: Fetch,
  url: string,
  body: string,
  parse: (body: Uint8Array) => Value,
): Promise<Value> {
  return ask(fetch, url, { method: "POST", body, headers: { "content-type": "application/json" } }, parse);
}

async function ask<Value>(
  fetch: Fetch,
  url: string,
  init: RequestInit,
  parse: (body: Uint8Array) => Value,
): Promise<Value> {
  const forever = new AbortController().signal;
  try {
    return await withTimeout(systemClock, TIMEOUT_MS, forever, async (signal) => {
      const response = await fetch(url, {
        ...{ ...init, signal },
        // What is posted is signed for this relay; it is no business of another.
        ...{ redirect: "error", credentials: "omit", referrerPolicy: "no-referrer", cache: "no-store" },
      });
      const answer = await readBody(response, MAX_BODY_BYTES, signal);
      if (!response.ok) throw parseProblem(answer, response.status).error;
      return parse(answer);
    });
  } catch (error) {
    throw asWeirError(error, "relay-unreachable");
  }
}
