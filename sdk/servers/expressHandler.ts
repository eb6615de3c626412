import type { IncomingMessage, ServerResponse } from "node:http";
import { nodeListener } from "./nodeListener.ts";
import type { NodeListenerOptions } from "./nodeListener.ts";
import type { RelayHandler } from "../relay/index.ts";

/** A request as Express hands it to middleware. */
export type ExpressRequest = IncomingMessage & { readonly originalUrl?: string };

/**
 * A relay as Express middleware. Put it before every body parser: the relay reads bodies itself, and only as far as it
 * allows.
 *
 * @example
 * app.use(expressHandler(relay.fetch));
 */
export function expressHandler(
  handler: RelayHandler,
  options: NodeListenerOptions = {},
): (request: ExpressRequest, response: ServerResponse, next: (error?: unknown) => void) => void {
  const listener = nodeListener(handler, options);
  return (request, response, next) => {
    // Where it is mounted below a path, Express cuts that path off; the relay's paths are those of its origin.
    request.url = request.originalUrl ?? request.url ?? "/";
    listener(request, response).catch(next);
  };
}
