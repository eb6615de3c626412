import { createServer, STATUS_CODES } from "node:http";
import type { RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WeirError } from "../core/index.ts";
import { encodeProblem, PROBLEM_MEDIA_TYPE, problemStatus } from "../http/index.ts";
import { respondProblem } from "../relay/routes/respond.ts";
import { clientAddress } from "./clientAddress.ts";
import { connectionLimits } from "./connectionLimits.ts";
import type { ConnectionCounts } from "./connectionLimits.ts";
import { nodeListener } from "./nodeListener.ts";
import { tlsServer } from "./tlsServer.ts";
import type { TlsOptions } from "./tlsServer.ts";
import type { RelayHandler } from "../relay/index.ts";

/** How a server of `node:http` listens. */
export interface ListenOptions {
  /** TCP port; 0, the default, takes any free one. */
  readonly port?: number;
  /** Address to listen at; loopback if left out. Plain HTTP belongs behind a proxy that speaks HTTPS. */
  readonly hostname?: string;
  /** Speaks HTTPS itself, with this certificate; plain HTTP if left out. */
  readonly tls?: TlsOptions;
  /** Milliseconds that a request may take to arrive, head and body; 30,000 if left out. */
  readonly requestMs?: number;
  /** Milliseconds without a byte in either direction after which a connection is cut off; 45,000 if left out. */
  readonly idleMs?: number;
  /** Milliseconds that answers under way get when the server stops; 5,000 if left out. */
  readonly stopMs?: number;
  /** Connections at a time; 20,000 if left out. Those beyond are closed at once. */
  readonly maxConnections?: number;
  /** Connections at a time of one address, IPv6 by /64; 512 if left out. Loopback and trusted proxies are not counted. */
  readonly connectionsPerAddress?: number;
  /** Bytes of a request's head, with its URL; 16,384 if left out. */
  readonly maxHeaderBytes?: number;
  /**
   * Proxies whose `X-Forwarded-For` is believed: addresses, networks such as `10.0.0.0/8`, `loopback`, `linklocal`,
   * `uniquelocal`. None if left out: then the client is whoever connects.
   */
  readonly trustedProxies?: readonly string[];
}

/**
 * Connections that may wait to be accepted; the system may allow fewer. With Node's own 511, most of a thousand viewers that
 * come back at once, as after a restart, would wait for seconds until their systems try again.
 */
const MAX_BACKLOG = 4_096;

/** A listening server. */
export interface RelayServer {
  /** Its origin, for example `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Begins to answer, usually with `relay.fetch`; before, everything is answered with `503`. */
  readonly serve: (handler: RelayHandler) => void;
  /** Looks now for a renewed certificate, instead of within a minute. Without TLS there is nothing to look for. */
  readonly renew: () => void;
  /** Takes no more requests, waits for those under way, and cuts off what lasts too long. */
  readonly stop: () => Promise<void>;
  /** Connections open now, and those that were refused so far. */
  readonly connections: () => ConnectionCounts;
}

/**
 * Opens a port with `node:http`, or `node:https` if it has a certificate. It comes before the relay, so that the relay can
 * be told the origin it got.
 *
 * @throws WeirError `malformed-message` if the certificate or its key cannot be used; what Node throws if the port is taken
 * @example
 * const server = await listen();
 * const relay = createRelay({ publicUrl: server.url, ...options });
 * await relay.start();
 * server.serve(relay.fetch);
 */
export async function listen(options: ListenOptions = {}): Promise<RelayServer> {
  const { port = 0, hostname = "127.0.0.1", tls, requestMs = 30_000, idleMs = 45_000, stopMs = 5_000 } = options;
  const { maxConnections = 20_000, connectionsPerAddress = 512, maxHeaderBytes, trustedProxies = [] } = options;
  let answer: RelayHandler = async () =>
    Promise.resolve(respondProblem(new WeirError("storage-failed", "the relay is not started"), { retryAfter: 1 }));
  const { addressOf, isTrusted } = clientAddress(trustedProxies);
  const listener = nodeListener(async (request, info) => answer(request, info), { addressOf });
  const settings = {
    requestTimeout: requestMs,
    headersTimeout: requestMs,
    // How often Node looks for requests that take too long; by default so seldom that they may take twice as long.
    connectionsCheckingInterval: Math.min(requestMs, 5_000),
    ...(maxHeaderBytes === undefined ? {} : { maxHeaderSize: maxHeaderBytes }),
  };
  const onRequest: RequestListener = (incoming, outgoing) => {
    void listener(incoming, outgoing);
  };
  const secure =
    tls === undefined ? undefined : tlsServer(tls, { ...settings, handshakeTimeout: requestMs }, onRequest);
  const server = secure?.server ?? createServer(settings, onRequest);
  const connections = connectionLimits(server, { maxConnections, connectionsPerAddress, isTrusted });
  server.setTimeout(idleMs);
  server.on("clientError", answerBrokenRequest);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host: hostname, backlog: MAX_BACKLOG }, resolve);
  });
  const { address, family, port: taken } = server.address() as AddressInfo;
  return {
    url: `${secure === undefined ? "http" : "https"}://${family === "IPv6" ? `[${address}]` : address}:${taken}`,
    serve(handler) {
      answer = handler;
    },
    renew: () => secure?.look(),
    connections,
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
  // Whoever failed the handshake could not read an answer.
  const isHandshake = /^ERR_(?:SSL|TLS)_/.test(error.code ?? "");
  if (error.code === "ECONNRESET" || isHandshake || !socket.writable) {
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
