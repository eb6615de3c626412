import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { connect as connectPlain } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TLSSocket } from "node:tls";
import { expect } from "chai";
import { listen, readTlsFiles } from "../../../sdk/servers/index.ts";
import type { RelayServer } from "../../../sdk/servers/index.ts";
import { certificateAuthority, testCertificate } from "../../helpers/certificate.ts";
import type { TestCertificate } from "../../helpers/certificate.ts";
import { errorCode } from "../../helpers/errorCode.ts";
import { paperDomain, recordingLogger, startRelayFixture } from "../../helpers/relayFixture.ts";
import type { RelayFixture } from "../../helpers/relayFixture.ts";
import { testViewer } from "../../helpers/testViewer.ts";

describe("A server with a certificate", () => {
  const first = testCertificate();
  const second = testCertificate();
  let folder: string;
  let files: { readonly certificate: string; readonly key: string };
  let logger: ReturnType<typeof recordingLogger>;
  let server: RelayServer;
  let fixture: RelayFixture;

  const write = ({ cert, key }: TestCertificate): void => {
    writeFileSync(files.certificate, cert);
    writeFileSync(files.key, key);
  };
  /** Asks for the terms on a connection of its own. Resolves to the serial number of the certificate that it saw. */
  const serialSeen = async (trusted: TestCertificate): Promise<string> => {
    const response = await httpsGet(`${server.url}/.well-known/weir`, trusted);
    expect(response.status).to.equal(200);
    return response.serial;
  };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "weir-tls-"));
    files = { certificate: join(folder, "fullchain.pem"), key: join(folder, "privkey.pem") };
    write(first);
    logger = recordingLogger();
    fixture = await startRelayFixture();
    server = await listen({ tls: { ...files, lookMs: 3_600_000, logger } });
    server.serve(fixture.relay.fetch);
  });
  after(async () => {
    await server.stop();
    await fixture.stop();
    rmSync(folder, { recursive: true });
  });

  it("speaks HTTPS and is paid over it", async () => {
    expect(server.url).to.match(/^https:\/\/127\.0\.0\.1:\d+$/);
    const viewer = await testViewer({
      fetch: async (path, init) => httpsFetch(server.url + path, first, init),
      origin: fixture.origin,
      domain: paperDomain,
    });
    await viewer.open();
    await viewer.download("segment-0.m4s");
    expect((await viewer.pay()).acknowledged.deliveredBytes).to.equal(100_000n);
  });

  it("cuts off whoever speaks plain HTTP, and goes on", async () => {
    const { port } = new URL(server.url);
    const answer = await new Promise<string>((resolve) => {
      let text = "";
      const socket = connectPlain(Number(port), "127.0.0.1", () => socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
      socket.on("data", (chunk) => (text += chunk.toString("latin1")));
      socket.on("error", () => undefined); // A reset is as good an end.
      socket.on("close", () => {
        resolve(text);
      });
    });
    expect(answer).to.not.include("HTTP/1.1");
    await serialSeen(first);
  });

  it("shows a renewed certificate to whoever connects next, and says so", async () => {
    const before = await serialSeen(first);
    write(second);
    expect(await serialSeen(first), "nobody looked yet").to.equal(before);
    server.renew();
    expect(await serialSeen(second)).to.not.equal(before);
    expect(logger.lines.filter((line) => line.includes("was renewed"))).to.have.length(1);
  });

  it("keeps the last certificate while the files do not belong together, and says so once", async () => {
    const kept = await serialSeen(second);
    writeFileSync(files.certificate, first.cert);
    server.renew();
    server.renew();
    expect(await serialSeen(second)).to.equal(kept);
    expect(logger.lines.filter((line) => line.includes("cannot be used"))).to.have.length(1);
    writeFileSync(files.key, first.key);
    server.renew();
    expect(await serialSeen(first)).to.not.equal(kept);
  });

  it("finds a renewed certificate by itself", async () => {
    const eager = await listen({ tls: { ...files, lookMs: 5, logger } });
    const renewals = (): number => logger.lines.filter((line) => line.includes("was renewed")).length;
    const before = renewals();
    write(second);
    while (renewals() === before) await new Promise((resolve) => setTimeout(resolve, 5));
    await eager.stop();
  });

  it("warns of a certificate that nobody renews", () => {
    write(testCertificate({ days: 3 }));
    server.renew();
    server.renew();
    expect(logger.lines.filter((line) => line.includes("runs out"))).to.have.length(1);
  });

  it("sends the chain that is in the file", async () => {
    const authority = certificateAuthority();
    const { cert, key } = testCertificate({ issuer: authority });
    write({ cert: cert + authority.cert, key });
    server.renew();
    expect(await serialSeen(authority)).to.not.equal("");
  });

  it("does not listen with files that cannot be used, and never quotes them", async () => {
    const { certificate, key } = files;
    expect(await errorCode(listen({ tls: { certificate, key: join(folder, "absent") } }))).to.equal(
      "malformed-message",
    );
    write(first);
    expect(await errorCode(() => readTlsFiles({ certificate: key, key: certificate }))).to.equal("malformed-message");
    writeFileSync(key, first.key.replace("MIG", "MIX"));
    chmodSync(key, 0o600);
    try {
      readTlsFiles(files);
      expect.fail("it was taken");
    } catch (error) {
      expect(String(error)).to.include("privkey.pem must hold").and.not.include(first.key.slice(40, 60));
    }
  });
});

interface Seen {
  readonly status: number;
  readonly serial: string;
  readonly response: Response;
}

async function httpsGet(url: string, { cert }: TestCertificate, init: RequestInit = {}): Promise<Seen> {
  const agent = new Agent({ ca: cert, servername: "localhost", maxCachedSessions: 0 });
  const headers = Object.fromEntries(new Headers(init.headers));
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, method: init.method ?? "GET", headers }, (incoming) => {
      const chunks: Buffer[] = [];
      const { socket } = incoming;
      if (!(socket instanceof TLSSocket)) throw new Error("not a TLS connection");
      const { serialNumber } = socket.getPeerCertificate();
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("end", () => {
        agent.destroy();
        const { headersDistinct, statusCode = 0 } = incoming;
        const pairs = Object.entries(headersDistinct).map(
          ([name, values = []]) => [name, values.join(", ")] as [string, string],
        );
        resolve({
          status: statusCode,
          serial: serialNumber,
          response: new Response(Buffer.concat(chunks), { status: statusCode, headers: pairs }),
        });
      });
    });
    sent.on("error", reject);
    sent.end(init.body);
  });
}

async function httpsFetch(url: string, trusted: TestCertificate, init?: RequestInit): Promise<Response> {
  return (await httpsGet(url, trusted, init)).response;
}
