import { expect } from "chai";
import fc from "fast-check";
import { request as httpRequest } from "node:http";
import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { encodeReceiptPost } from "../../../sdk/http/index.ts";
import type { RelayChannel } from "../../../sdk/exchange/index.ts";
import { listen } from "../../../sdk/servers/index.ts";
import type { RelayServer } from "../../../sdk/servers/index.ts";
import { paperDomain, publisher, startRelayFixture, testStream } from "../../helpers/relayFixture.ts";
import type { RelayFixture } from "../../helpers/relayFixture.ts";
import { testViewer } from "../../helpers/testViewer.ts";
import type { TestViewer } from "../../helpers/testViewer.ts";

const SIZE = 8_000_000;

describe("A relay on a socket", () => {
  let fixture: RelayFixture;
  let server: RelayServer;
  let viewer: TestViewer;

  beforeEach(async () => {
    const source = await testStream(2, SIZE);
    server = await listen({ stopMs: 500 });
    fixture = await startRelayFixture({
      publicUrl: server.url,
      streams: [{ path: "/video/", source, publisher: publisher.address }],
      limits: { stallMs: 700 },
    });
    server.serve(fixture.relay.fetch);
    viewer = await testViewer({
      fetch: async (path, init) => fetch(server.url + path, init),
      origin: server.url,
      domain: paperDomain,
    });
    await viewer.open();
  });
  afterEach(async () => {
    await server.stop();
    await fixture.stop();
  });

  const open = (): Socket => connect(Number(new URL(server.url).port), "127.0.0.1");
  /** Sends bytes as they are and reads until the relay closes; `hangUp` ends the client's side at once. */
  const send = async (text: string | Buffer, hangUp = true): Promise<string> =>
    new Promise((resolve) => {
      const socket = open();
      let answer = "";
      socket.on("data", (chunk: Buffer) => (answer += chunk.toString("latin1")));
      socket.on("close", () => {
        resolve(answer);
      });
      // A reset is an answer too: the relay had seen enough.
      socket.on("error", () => undefined);
      if (hangUp) socket.end(text);
      else socket.write(text);
    });
  const get = async (target: string, headers = ""): Promise<string> =>
    send(`GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${headers}\r\n`, false);
  const state = async (): Promise<RelayChannel> => (await fixture.options.store.readChannel(viewer.id))!.state;
  const alive = async (): Promise<void> => {
    expect((await fetch(`${server.url}/.well-known/weir`)).status).to.equal(200);
    expect(fixture.logger.lines.filter((line) => line.startsWith("error"))).to.deep.equal([]);
  };

  it("lets no path out of the stream's directory", async () => {
    for (const target of [
      "/video/../../../etc/passwd",
      "/video/%2e%2e/%2e%2e/etc/passwd",
      "/video/..%2f..%2fetc%2fpasswd",
      "/video/..%5c..%5cetc%5cpasswd",
      "/video/..\\..\\etc\\passwd",
      "/video//etc/passwd",
      "/video/%00",
      "/video/segment-0.m4s%00.png",
      "/video/.%2e/x",
      "/video/%ff",
      "/video/%",
      "/video/%c0%ae%c0%ae/x",
      "/video",
      "/video/",
      "//video/segment-0.m4s",
      "http://evil.example/etc/passwd",
      "http://evil.example/video/../etc/passwd",
      "file:///etc/passwd",
      "*",
      "video/segment-0.m4s",
      `/video/${"x".repeat(4_000)}`,
      "/video/weir.json/",
      "/video/segment-0.m4s/..%2fsegment-1.m4s",
    ]) {
      const answer = await get(`${target}${target === "*" ? "" : `?weir=${viewer.token}`}`);
      expect(answer.slice(0, 12), target).to.match(/^HTTP\/1\.1 (?:400|404)$/);
      expect(answer, target).to.match(/"code":"(?:path-not-canonical|path-not-listed|not-found|malformed-message)"/);
    }
    await alive();
  });

  it("finds a resource however its URL is spelled, and whatever host the request names", async () => {
    for (const target of [
      "/video/segment-0.m4s",
      "/video/./segment-0.m4s",
      "/video/x/../segment-0.m4s",
      "/video/segment%2D0.m4s",
      "/video/%73egment-0.m4s",
      "http://whoever.example/video/segment-0.m4s",
    ]) {
      const answer = await send(`HEAD ${target}?weir=${viewer.token} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
      expect(answer, target).to.match(/^HTTP\/1\.1 200 [^]*content-length: 8000000/i);
    }
  });

  it("copes with absurd ranges and headers", async () => {
    for (const range of ["bytes=99999999999999999999-", "bytes=8000000-", "bytes=-0"]) {
      expect(await get(`/video/segment-0.m4s?weir=${viewer.token}`, `Range: ${range}\r\n`)).to.match(
        /^HTTP\/1\.1 416 /,
      );
    }
    const many = `Range: bytes=${Array.from({ length: 1_000 }, (_, i) => `${String(i)}-${String(i)}`).join(",")}\r\n`;
    expect((await get(`/video/segment-0.m4s?weir=${viewer.token}`, many)).slice(0, 15)).to.equal("HTTP/1.1 200 OK");
    expect(await get("/video/segment-0.m4s", 'If-None-Match: "\u00ff"\r\n')).to.match(/^HTTP\/1\.1 402 /);
    expect(await get("/video/segment-0.m4s", `X: ${"x".repeat(20_000)}\r\n`)).to.match(/^HTTP\/1\.1 413 /);
    expect(await get(`/video/segment-0.m4s?weir=${"x".repeat(9_000)}`)).to.match(/^HTTP\/1\.1 401 /);
    await alive();
  });

  it("X2: charges a client that goes away for what it took, and no more than was handed over", async () => {
    await new Promise<void>((resolve) => {
      const request = httpRequest(
        `${server.url}/video/segment-0.m4s?weir=${viewer.token}`,
        (response: IncomingMessage) => {
          let taken = 0;
          response.on("data", (chunk: Buffer) => {
            taken += chunk.length;
            if (taken > 1_000_000) request.destroy();
          });
          response.on("close", resolve);
          response.on("error", () => undefined);
        },
      );
      request.on("error", () => undefined);
      request.end();
    });
    await until(async () => (await state()).transfers.length === 0);
    const { served } = await state();
    expect(Number(served)).to.be.within(1_000_000, SIZE - 1);
    expect(Number(served) % 65_536).to.equal(0);
  });

  it("ends the transfer of a client that stops reading", async () => {
    const socket = open();
    socket.on("error", () => undefined);
    socket.pause();
    socket.write(`GET /video/segment-0.m4s?weir=${viewer.token} HTTP/1.1\r\nHost: a\r\n\r\n`);
    await until(async () => (await state()).transfers.length === 1);
    await until(async () => (await state()).transfers.length === 0);
    expect(Number((await state()).served)).to.be.below(SIZE);
    socket.destroy();
    await alive();
  });

  it("forgets a post that does not arrive whole", async () => {
    await viewer.download("segment-0.m4s");
    const body = encodeReceiptPost({ token: viewer.token, step: await viewer.step() });
    const head = `POST /weir/receipts HTTP/1.1\r\nHost: a\r\nContent-Length: ${String(body.length)}\r\n\r\n`;
    const socket = open();
    socket.on("error", () => undefined);
    socket.write(head + body.slice(0, 100));
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    await send(`POST /weir/receipts HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFF\r\n${body}`);
    expect((await state()).acknowledged.deliveredBytes).to.equal(0n);
    expect((await viewer.pay()).acknowledged.deliveredBytes).to.equal(BigInt(SIZE));
    await alive();
  });

  it("survives any bytes", async () => {
    const methods = fc.constantFrom("GET", "POST", "HEAD", "PUT", "OPTIONS", "DELETE", "PATCH", "TRACE", "x");
    const target = fc.oneof(
      fc.webPath(),
      fc.string({ unit: "binary", maxLength: 50 }).map((text) => `/video/${text}`),
      fc.constantFrom(
        "/weir/sessions",
        "/weir/receipts",
        "/.well-known/weir",
        "/video/weir.json",
        "/video/segment-0.m4s",
      ),
    );
    const header = fc.tuple(
      fc.constantFrom(
        "Range",
        "If-None-Match",
        "Authorization",
        "Content-Type",
        "Content-Length",
        "Expect",
        "Upgrade",
        "Host",
      ),
      fc.string({ unit: "binary", maxLength: 40 }),
    );
    const message = fc
      .tuple(methods, target, fc.array(header, { maxLength: 3 }), fc.string({ unit: "binary", maxLength: 100 }))
      .map(([method, path, headers, body]) => {
        const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
        return `${method} ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${lines}\r\n${body}`;
      });
    await fc.assert(
      fc.asyncProperty(fc.oneof(message, fc.string({ unit: "binary" })), async (text) => {
        const answer = await send(Buffer.from(text, "latin1"));
        expect(answer).to.match(/^(?:$|HTTP\/1\.1 [1-4])/);
      }),
      { numRuns: 200 },
    );
    await alive();
  });
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}
