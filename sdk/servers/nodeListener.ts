import type { IncomingMessage, ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { WeirError } from "../core/index.ts";
import type { RelayHandler } from "../relay/index.ts";
import { respondProblem } from "../relay/routes/respond.ts";

/** A request listener of `node:http`. */
export type NodeListener = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>;

/** What a request listener needs to know of the server around it. */
export interface NodeListenerOptions {
  /** The address of the client; whoever connected, if left out. Behind a proxy that is the proxy: see `clientAddress`. */
  readonly addressOf?: (incoming: IncomingMessage) => string | undefined;
}

/**
 * The request listener of `node:http` for a relay. Bodies are streamed with back-pressure; a client that goes away ends
 * its transfer. The server must not read the body of a request before.
 */
export function nodeListener(handler: RelayHandler, options: NodeListenerOptions = {}): NodeListener {
  const { addressOf = ({ socket }: IncomingMessage) => socket.remoteAddress } = options;
  const answer = async (
    request: Request,
    bindings: { readonly incoming?: unknown; readonly outgoing?: unknown },
  ): Promise<Response> =>
    handler(request, {
      hangUp: () => (bindings.outgoing as ServerResponse).destroy(),
      address: addressOf(bindings.incoming as IncomingMessage),
    });
  return getRequestListener(answer, {
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
