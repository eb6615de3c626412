import { WeirError } from "../core/weirError.ts";
import {
  encodeReceiptPost,
  encodeSessionRequest,
  formatAuthorization,
  MAX_BODY_BYTES,
  parseProblem,
  parseReceiptAnswer,
  parseSessionAnswer,
  parseTerms,
  parseWwwAuthenticate,
  TERMS_PATH,
  TOKEN_PARAMETER,
} from "../http/index.ts";
import type {
  Challenge,
  Credential,
  Problem,
  ReceiptAnswer,
  ReceiptPost,
  RelayTerms,
  SessionAnswer,
} from "../http/index.ts";
import { parseResourceName } from "../core/path.ts";
import { asWeirError } from "./asWeirError.ts";
import { checkTerms } from "./checkTerms.ts";
import type { AcceptableTerms } from "./checkTerms.ts";
import type { Clock } from "./clock.ts";
import { untilAborted, withTimeout } from "./clock.ts";
import { readBody } from "./readBody.ts";

/** The part of `fetch` that the viewer uses. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** What a relay answered: what was asked for, or why not. */
export type Answer<Value> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly problem: Problem };

/**
 * The requests that a viewer makes of one relay. Answers have been checked for size and form, and for nothing else. Only an
 * abort by the caller throws; whatever a relay or the network does comes back as a problem.
 */
export interface RelayWire {
  readonly origin: string;
  /** H1. Terms that the configuration does not allow are a problem too (X13). With a manifest, asks for a challenge too. */
  terms(config: AcceptableTerms & { readonly manifest?: string }, signal: AbortSignal): Promise<Answer<RelayTerms>>;
  /** H2: the challenge that came with the terms, while it is fresh; else asks for a session without a credential. */
  challenge(path: string, manifest: string, signal: AbortSignal): Promise<Answer<Challenge>>;
  /** H3. */
  open(path: string, manifest: string, credential: Credential, signal: AbortSignal): Promise<Answer<SessionAnswer>>;
  /** H6. */
  post(path: string, post: ReceiptPost, signal: AbortSignal): Promise<Answer<ReceiptAnswer>>;
  /** Something that is free and read whole. */
  free(path: string, limit: number, signal: AbortSignal): Promise<Answer<FreeFile>>;
  /** H5: begins a metered resource. The body of the answer is still to be read. */
  resource(directory: string, name: string, token: string, signal: AbortSignal): Promise<Answer<Response>>;
}

/** A file that nobody vouches for yet. */
export interface FreeFile {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly contentType: string | null;
}

/** What every request of the viewer has in common. */
const COMMON: RequestInit = {
  // A redirect would take the token, and the bytes that are paid for, to a server that was not asked.
  redirect: "error",
  credentials: "omit",
  referrerPolicy: "no-referrer",
  // A copy from the browser's cache costs the relay nothing, so it must not be paid for.
  cache: "no-store",
};

/** A challenge lives for a minute (T7); an older one than this may not last until it is used. */
const FRESH_MS = 30_000;

/**
 * @param origin of the relay
 * @param timeoutMs for the whole of a small request; resources are the caller's to watch
 */
export function relayWire(origin: string, fetch: Fetch, clock: Clock, timeoutMs: number): RelayWire {
  /** From the terms, and good for one session. */
  let issued: { readonly manifest: string; readonly challenge: Challenge; readonly at: number } | undefined;

  async function ask<Value>(
    path: string,
    init: RequestInit,
    signal: AbortSignal,
    read: (response: Response, signal: AbortSignal) => Promise<Answer<Value>>,
  ): Promise<Answer<Value>> {
    try {
      return await withTimeout(clock, timeoutMs, signal, async (limited) =>
        read(await untilAborted(fetch(origin + path, { ...COMMON, ...init, signal: limited }), limited), limited),
      );
    } catch (error) {
      signal.throwIfAborted();
      return refusal(asWeirError(error, "relay-unreachable"), 0);
    }
  }

  async function json<Value>(
    path: string,
    init: RequestInit,
    status: number,
    parse: (body: Uint8Array) => Value,
    signal: AbortSignal,
    onHeaders?: (headers: Headers) => void,
  ): Promise<Answer<Value>> {
    return ask<Value>(path, init, signal, async (response, limited) => {
      if (response.status !== status) return readProblem(response, limited);
      onHeaders?.(response.headers);
      return { ok: true, value: parse(await readBody(response, MAX_BODY_BYTES, limited)) };
    });
  }

  // A type and headers that need no CORS preflight: in a browser it would cost a round trip.
  const postJson = (body: string): RequestInit => ({
    method: "POST",
    headers: { "content-type": "text/plain;charset=utf-8" },
    body,
  });

  return {
    origin,
    terms: async (config, signal) => {
      const parse = (body: Uint8Array): RelayTerms => {
        const terms = parseTerms(body, origin);
        checkTerms(terms, config);
        return terms;
      };
      const { manifest } = config;
      const query = manifest === undefined ? "" : `?manifest=${encodeURIComponent(manifest)}`;
      return json(TERMS_PATH + query, {}, 200, parse, signal, (headers) => {
        const challenge = parseWwwAuthenticate(headers.get("www-authenticate") ?? "");
        if (challenge && manifest !== undefined) issued = { manifest, challenge, at: clock.now() };
      });
    },
    challenge: async (path, manifest, signal) => {
      const known = issued;
      issued = undefined;
      if (known?.manifest === manifest && clock.now() - known.at < FRESH_MS)
        return { ok: true, value: known.challenge };
      return ask<Challenge>(path, postJson(encodeSessionRequest({ manifest })), signal, async (response, limited) => {
        const challenge = parseWwwAuthenticate(response.headers.get("www-authenticate") ?? "");
        if (response.status !== 402 || challenge === undefined) return readProblem(response, limited);
        await response.body?.cancel();
        return { ok: true, value: challenge };
      });
    },
    open: async (path, manifest, credential, signal) => {
      const body = encodeSessionRequest({ manifest, authorization: formatAuthorization(credential) });
      return json(path, postJson(body), 201, parseSessionAnswer, signal);
    },
    post: async (path, post, signal) => json(path, postJson(encodeReceiptPost(post)), 200, parseReceiptAnswer, signal),
    free: async (path, limit, signal) =>
      ask<FreeFile>(path, {}, signal, async (response, limited) => {
        if (response.status !== 200) return readProblem(response, limited);
        const body = await readBody(response, limit, limited);
        return { ok: true, value: { body, contentType: response.headers.get("content-type") } };
      }),
    resource: async (directory, name, token, signal) => {
      const { path, range } = parseResourceName(name);
      const url = `${origin}${directory}${path}?${TOKEN_PARAMETER}=${encodeURIComponent(token)}`;
      const headers: HeadersInit = range === undefined ? {} : { range: `bytes=${range.first}-${range.last}` };
      try {
        const response = await untilAborted(fetch(url, { ...COMMON, headers, signal }), signal);
        // A whole file instead of a part cannot be the right bytes, so it is not worth downloading.
        if (response.status === (range === undefined ? 200 : 206)) return { ok: true, value: response };
        return await withTimeout(clock, timeoutMs, signal, async (limited) => readProblem(response, limited));
      } catch (error) {
        signal.throwIfAborted();
        return refusal(asWeirError(error, "relay-unreachable"), 0);
      }
    },
  };
}

async function readProblem(response: Response, signal: AbortSignal): Promise<Answer<never>> {
  const body = await readBody(response, MAX_BODY_BYTES, signal);
  try {
    return { ok: false, problem: parseProblem(body, response.status) };
  } catch (cause) {
    const error = new WeirError(
      "relay-unreachable",
      `the answer has status ${response.status} and no problem document`,
      {
        cause,
      },
    );
    return refusal(error, response.status);
  }
}

function refusal(error: WeirError, status: number): Answer<never> {
  return { ok: false, problem: { error, status } };
}
