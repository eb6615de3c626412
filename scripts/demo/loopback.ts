import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { Handler } from "./misbehaviour.ts";

/** An HTTP server on a free loopback port, which has its address before it has something to serve. */
export interface LoopbackServer {
  readonly url: string;
  /** Answers everything with this from now on. */
  readonly serve: (handler: Handler) => void;
  readonly stop: () => Promise<void>;
}

/** Begins to listen. Until `serve` is called, every answer is 503. */
export async function listenOnLoopback(): Promise<LoopbackServer> {
  let current: Handler = async () => Promise.resolve(new Response(null, { status: 503 }));
  const listener = getRequestListener(async (request) => current(request));
  const server = createServer((request, response) => {
    void listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    serve(handler) {
      current = handler;
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
