import { expect } from "chai";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import { createServer, request as httpRequest } from "node:http";
import type { RequestListener, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import { expressHandler, fastifyPlugin, honoHandler, listen, nodeListener } from "../../../sdk/servers/index.ts";
import type { RelayHandler } from "../../../sdk/relay/index.ts";
import { paperDomain, startRelayFixture } from "../../helpers/relayFixture.ts";
import type { RelayFixture } from "../../helpers/relayFixture.ts";
import { testViewer } from "../../helpers/testViewer.ts";
import type { TestViewer } from "../../helpers/testViewer.ts";

interface Running {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

async function listening(listener: (...args: Parameters<RequestListener>) => unknown): Promise<Running> {
  const server: Server = createServer((request, response) => {
    void listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    stop: async () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

const servers: Record<string, (handler: RelayHandler) => Promise<Running>> = {
  "node:http": async (handler) => {
    const server = await listen();
    server.serve(handler);
    return server;
  },
  Hono: async (handler) => {
    const app = new Hono().all("*", honoHandler(handler));
    return listening(nodeListener(async (request) => app.fetch(request)));
  },
  Express: async (handler) => listening(express().use(expressHandler(handler))),
  "Express below a path": async (handler) => {
    const app = express();
    app.use("/.well-known", expressHandler(handler));
    app.use("/weir", expressHandler(handler));
    app.use("/video", expressHandler(handler));
    return listening(app);
  },
  Fastify: async (handler) => {
    const app = fastify();
    await app.register(fastifyPlugin(handler));
    return { url: await app.listen({ port: 0, host: "127.0.0.1" }), stop: async () => app.close() };
  },
};

for (const [name, start] of Object.entries(servers)) {
  describe(`A relay behind ${name}`, () => {
    let fixture: RelayFixture;
    let server: Running;
    let viewer: TestViewer;

    before(async () => {
      fixture = await startRelayFixture();
      server = await start(fixture.relay.fetch);
      viewer = await testViewer({
        // The relay's origin is the public one, whatever the server listens at.
        fetch: async (path, init) => fetch(server.url + path, init),
        origin: fixture.origin,
        domain: paperDomain,
      });
      await viewer.open();
    });
    after(async () => {
      await server.stop();
      await fixture.stop();
    });

    it("serves and is paid", async () => {
      await viewer.download("segment-0.m4s");
      await viewer.download("segment-1.m4s");
      expect((await viewer.pay()).acknowledged.deliveredBytes).to.equal(200_000n);
    });

    it("answers preflights, HEAD, and a body that is too large", async () => {
      const preflight = await fetch(`${server.url}/weir/receipts`, { method: "OPTIONS" });
      expect(preflight.status).to.equal(204);
      expect(preflight.headers.get("access-control-allow-origin")).to.equal("*");
      const head = await viewer.get("segment-2.m4s", { method: "HEAD" });
      expect([head.status, head.headers.get("content-length")]).to.deep.equal([200, "100000"]);
      const huge = await fetch(`${server.url}/weir/receipts`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: "x".repeat(70_000),
      });
      expect(huge.status).to.equal(413);
    });

    it("counts what left when the client goes away, and takes the next request", async () => {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const request = httpRequest(`${server.url}/video/segment-3.m4s?weir=${viewer.token}`, (response) => {
        response.once("data", () => {
          request.destroy();
          resolve(undefined);
        });
      });
      request.end();
      await promise;
      await viewer.download("segment-3.m4s");
      expect((await viewer.pay()).acknowledged.deliveredBytes).to.equal(300_000n);
    });
  });
}

describe("A server of node:http", () => {
  const raw = async (url: string, text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(url);
      const socket = connect(Number(port), hostname, () => socket.end(text));
      let answer = "";
      socket.on("data", (chunk: Buffer) => (answer += chunk.toString()));
      socket.on("close", () => {
        resolve(answer);
      });
      socket.on("error", reject);
    });

  it("answers with a problem before the relay is there, and for what is not HTTP", async () => {
    const server = await listen();
    try {
      const early = await fetch(`${server.url}/x`);
      expect([early.status, early.headers.get("content-type")]).to.deep.equal([503, "application/problem+json"]);
      expect(await raw(server.url, "HELLO\r\n\r\n")).to.match(/^HTTP\/1\.1 400 [^]*"code":"malformed-message"/);
      const long = `GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(40_000)}\r\n\r\n`;
      expect(await raw(server.url, long)).to.match(/^HTTP\/1\.1 413 [^]*"code":"oversized-message"/);
      expect(await raw(server.url, "GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n")).to.match(
        /^HTTP\/1\.1 400 [^]*"code":"malformed-message"/,
      );
      expect(await raw(server.url, "GET / HTTP/1.1\r\nHost: a b/c\r\n\r\n")).to.match(/^HTTP\/1\.1 400 /);
    } finally {
      await server.stop();
    }
  });

  it("listens on loopback unless told otherwise, and refuses a port that is taken", async () => {
    const server = await listen();
    try {
      expect(server.url).to.match(/^http:\/\/127\.0\.0\.1:\d+$/);
      const again = listen({ port: Number(new URL(server.url).port) });
      const refused = await again.then(
        () => "opened",
        () => "refused",
      );
      expect(refused).to.equal("refused");
    } finally {
      await server.stop();
    }
  });
});
