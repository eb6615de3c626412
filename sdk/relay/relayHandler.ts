import { WeirError } from "../core/index.ts";
import { encodeTerms, TERMS_PATH } from "../http/index.ts";
import type { RelayContext } from "./relayContext.ts";
import { Refusal } from "./routes/acknowledgement.ts";
import { mediaRoute } from "./routes/mediaRoute.ts";
import { receiptRoute } from "./routes/receiptRoute.ts";
import { respond, respondPreflight, respondProblem } from "./routes/respond.ts";
import { sessionRoute } from "./routes/sessionRoute.ts";

/** What a server may tell and lend a relay beside the request. */
export interface RequestInfo {
  /** Ends the connection at once, for a client that stopped reading. */
  readonly hangUp?: () => void;
}

/** Answers a request. */
export type RelayHandler = (request: Request, info?: RequestInfo) => Promise<Response>;

/**
 * The HTTP side of a relay (H1 to H8): finds the route, and turns whatever goes wrong into a problem document. It never
 * rejects.
 */
export function relayHandler(context: RelayContext): RelayHandler {
  const { terms, logger } = context;
  const routes: Readonly<Record<string, { readonly method: string; readonly answer: RelayHandler }>> = {
    [terms.sessions]: { method: "POST", answer: sessionRoute(context) },
    [terms.receipts]: { method: "POST", answer: receiptRoute(context) },
    [TERMS_PATH]: { method: "GET", answer: termsRoute(encodeTerms(terms)) },
  };
  const media = { method: "GET", answer: mediaRoute(context) };

  return async (request, info) => {
    try {
      const { method } = request;
      if (method === "OPTIONS") return respondPreflight();
      const { pathname } = new URL(request.url);
      const route = (Object.hasOwn(routes, pathname) ? routes[pathname] : undefined) ?? media;
      if (method !== route.method && !(method === "HEAD" && route.method === "GET")) {
        const allow = route.method === "GET" ? "GET, HEAD, OPTIONS" : `${route.method}, OPTIONS`;
        return respondProblem(new WeirError("method-not-allowed"), { headers: { allow } });
      }
      return await route.answer(request, info);
    } catch (error) {
      return answerError(error);
    }
  };

  function answerError(error: unknown): Response {
    const refusal = error instanceof Refusal ? error : undefined;
    const problem =
      refusal?.error ?? (WeirError.is(error) ? error : new WeirError("internal", undefined, { cause: error }));
    if (problem.code === "internal" || problem.code === "storage-failed") {
      logger.error({ code: problem.code, err: error }, "a request failed");
    }
    const retryAfter = RETRY_AFTER[problem.code];
    return respondProblem(problem, {
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

function termsRoute(json: string): RelayHandler {
  return async (request) =>
    Promise.resolve(
      respond(200, request.method === "HEAD" ? null : json, {
        "content-type": "application/json",
        "cache-control": "no-cache",
      }),
    );
}
