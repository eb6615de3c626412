import { createServer, STATUS_CODES } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WeirError } from "../core/index.ts";
import { encodeProblem, PROBLEM_MEDIA_TYPE, problemStatus } from "../http/index.ts";
import { respondProblem } from "../relay/routes/respond.ts";
import { nodeListener } from "./nodeListener.ts";
import type { RelayHandler } from "../relay/index.ts";

/** How a server of `node:http` listens. */
export interface ListenOptions {
  /** TCP port; 0, the default, takes any free one. */
  readonly port?: number;
  /** Address to listen at; loopback if left out. Plain HTTP belongs behind a proxy that speaks HTTPS. */
  readonly hostname?: string;
  /** Milliseconds that a request may take to arrive; 30,000 if left out. */
  readonly requestMs?: number;
  /** Milliseconds without a byte in either direction after which a connection is cut off; 45,000 if left out. */
  readonly idleMs?: number;
  /** Milliseconds that answers under way get when the server stops; 5,000 if left out. */
  readonly stopMs?: number;
}

/** A listening server. */
export interface RelayServer {
  /** Its origin, for example `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Begins to answer, usually with `relay.fetch`; before, everything is answered with `503`. */
  readonly serve: (handler: RelayHandler) => void;
  /** Takes no more requests, waits for those under way, and cuts off what lasts too long. */
  readonly stop: () => Promise<void>;
}

/**
 * Opens a port with `node:http`. It comes before the relay, so that the relay can be told the origin it got.
 *
 * @example
 * const server = await listen();
 * const relay = createRelay({ publicUrl: server.url, ...options });
 * await relay.start();
 * server.serve(relay.fetch);
 */
export async function listen(options: ListenOptions = {}): Promise<RelayServer> {
  const { port = 0, hostname = "127.0.0.1", requestMs = 30_000, idleMs = 45_000, stopMs = 5_000 } = options;
  let answer: RelayHandler = async () =>
    Promise.resolve(respondProblem(new WeirError("storage-failed", "the relay is not started"), { retryAfter: 1 }));
  const listener = nodeListener(async (request, info) => answer(request, info));
  const server = createServer({ requestTimeout: requestMs, headersTimeout: requestMs }, (incoming, outgoing) => {
    void listener(incoming, outgoing);
  });
  server.setTimeout(idleMs);
  server.on("clientError", answerBrokenRequest);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, hostname, resolve);
  });
  const { address, family, port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${taken}`,
    serve(handler) {
      answer = handler;
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      const timer = setTimeout(() => {
        server.closeAllConnections();
      }, stopMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

/** What does not parse as HTTP gets a problem document as well, if anybody is left to read it. */
function answerBrokenRequest(error: Error & { readonly code?: string }, socket: Duplex): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem =
    error.code === "HPE_HEADER_OVERFLOW"
      ? new WeirError("oversized-message", "the headers are too long")
      : new WeirError("malformed-message", "the request is not valid HTTP");
  const status = problemStatus(problem.code);
  const body = encodeProblem(problem);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\nContent-Type: ${PROBLEM_MEDIA_TYPE}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n${body}`,
  );
}
