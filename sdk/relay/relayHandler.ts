import { WeirError } from "../core/index.ts";
import { encodeTerms, TERMS_PATH } from "../http/index.ts";
import type { RelayContext } from "./relayContext.ts";
import type { RelayRoute } from "./relayEvents.ts";
import { CLOSINGS_PATH, DEPOSITS_PATH } from "./relayTerms.ts";
import { Refusal } from "./routes/acknowledgement.ts";
import { closingRoute } from "./routes/closingRoute.ts";
import { depositRoute } from "./routes/depositRoute.ts";
import { mediaRoute } from "./routes/mediaRoute.ts";
import { receiptRoute } from "./routes/receiptRoute.ts";
import { respond, respondPreflight, respondProblem } from "./routes/respond.ts";
import type { AnswerHeaders } from "./routes/respond.ts";
import { challengeHeaders, meteredStream, sessionRoute } from "./routes/sessionRoute.ts";

/** What a server may tell and lend a relay beside the request. */
export interface RequestInfo {
  /** Ends the connection at once, for a client that stopped reading. */
  readonly hangUp?: () => void;
  /** The client's IP address, as far as the server knows it. Without one, nothing is limited by address. */
  readonly address?: string | undefined;
}

/** Answers a request. */
export type RelayHandler = (request: Request, info?: RequestInfo) => Promise<Response>;

interface Route {
  readonly name: RelayRoute;
  readonly method: string;
  readonly answer: RelayHandler;
}

/**
 * The HTTP side of a relay (H1 to H8): finds the route, and turns whatever goes wrong into a problem document. It never
 * rejects.
 */
export function relayHandler(context: RelayContext): RelayHandler {
  const { deposits, logger, emit, terms } = context;
  const routes: Readonly<Record<string, Route>> = {
    [terms.sessions]: { name: "session", method: "POST", answer: sessionRoute(context) },
    [terms.receipts]: { name: "receipt", method: "POST", answer: receiptRoute(context) },
    [TERMS_PATH]: { name: "terms", method: "GET", answer: termsRoute(context) },
    [CLOSINGS_PATH]: { name: "closing", method: "POST", answer: closingRoute(context) },
    ...(deposits === undefined
      ? {}
      : {
          [DEPOSITS_PATH]: {
            name: "deposit",
            method: "POST",
            answer: depositRoute(context, deposits.carrier, deposits.limits),
          } as const,
        }),
  };
  const media: Route = { name: "media", method: "GET", answer: mediaRoute(context) };

  return async (request, info) => {
    let route = media;
    try {
      const { method } = request;
      if (method === "OPTIONS") return respondPreflight();
      const { pathname } = new URL(request.url);
      route = (Object.hasOwn(routes, pathname) ? routes[pathname] : undefined) ?? media;
      if (method !== route.method && !(method === "HEAD" && route.method === "GET")) {
        const allow = route.method === "GET" ? "GET, HEAD, OPTIONS" : `${route.method}, OPTIONS`;
        return answerError(route, new WeirError("method-not-allowed"), { allow });
      }
      return await route.answer(request, info);
    } catch (error) {
      return answerError(route, error);
    }
  };

  function answerError({ name }: Route, error: unknown, headers: AnswerHeaders = {}): Response {
    const refusal = error instanceof Refusal ? error : undefined;
    const problem =
      refusal?.error ?? (WeirError.is(error) ? error : new WeirError("internal", undefined, { cause: error }));
    if (problem.code === "internal" || problem.code === "storage-failed") {
      logger.error({ code: problem.code, err: error }, "a request failed");
    }
    if (problem.code === "storage-failed") emit({ type: "storageFailed" });
    emit({ type: "requestRefused", route: name, code: problem.code });
    const retryAfter = RETRY_AFTER[problem.code];
    return respondProblem(problem, {
      headers,
      ...(refusal?.acknowledged === undefined ? {} : { acknowledged: refusal.acknowledged }),
      ...(retryAfter === undefined ? {} : { retryAfter }),
    });
  }
}

/** Seconds after which another try makes sense, for what passes by itself. */
const RETRY_AFTER: Readonly<Partial<Record<string, number>>> = {
  "too-many-requests": 1,
  "storage-failed": 1,
  "chain-unavailable": 5,
  "origin-unavailable": 5,
};

/** Answers with the relay's terms (H1), and with a challenge for the stream that is asked about. */
function termsRoute(context: RelayContext): RelayHandler {
  const json = encodeTerms(context.terms, context.offers);
  return async ({ method, url }) => {
    const stream = meteredStream(context, new URL(url).searchParams.get("manifest"));
    return Promise.resolve(
      respond(200, method === "HEAD" ? null : json, {
        "content-type": "application/json",
        // A challenge is good for one viewer.
        ...(stream === undefined
          ? { "cache-control": "no-cache" }
          : { "cache-control": "no-store", ...challengeHeaders(context, stream) }),
      }),
    );
  };
}
