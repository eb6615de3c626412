import type { IncomingMessage, ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { WeirError } from "../core/index.ts";
import { respondProblem } from "../relay/routes/respond.ts";

/** Answers a request of the Fetch API; `relay.fetch` is one. */
export type FetchHandler = (request: Request) => Promise<Response>;

/** A request listener of `node:http`. */
export type NodeListener = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>;

/**
 * The request listener of `node:http` for a relay. Bodies are streamed with back-pressure; a client that goes away ends
 * its transfer. The server must not read the body of a request before.
 */
export function nodeListener(handler: FetchHandler): NodeListener {
  return getRequestListener(async (request) => handler(request), {
    // The program that runs the relay keeps its own Request and Response.
    overrideGlobalObjects: false,
    errorHandler: (error) => respondProblem(toProblem(error)),
  });
}

function toProblem(error: unknown): WeirError {
  // Thrown before the relay sees anything: a request line or Host header that makes no URL.
  if (error instanceof Error && error.name === "RequestError") {
    return new WeirError("malformed-message", "the request names no valid URL", { cause: error });
  }
  return new WeirError("internal", undefined, { cause: error });
}
