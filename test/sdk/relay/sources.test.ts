import { expect } from "chai";
import { execFileSync } from "node:child_process";
import { createServer } from "node:http";
import type { IncomingMessage, RequestListener, Server } from "node:http";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { WeirError } from "../../../sdk/core/index.ts";
import { folderSource, originSource } from "../../../sdk/relay/index.ts";
import type { Source } from "../../../sdk/relay/index.ts";
import { errorCode } from "../../helpers/errorCode.ts";
import { randomFile } from "../../helpers/relayFixture.ts";

const LIMIT = { maxBytes: 10_000 };

describe("A folder as a source", () => {
  let base: string;
  let source: Source;
  const bytes = randomFile(1_000);

  before(() => {
    base = mkdtempSync(join(tmpdir(), "weir-folder-"));
    const root = join(base, "root");
    mkdirSync(join(root, "v0", "100% ümlaut"), { recursive: true });
    writeFileSync(join(root, "v0", "a.m4s"), bytes);
    writeFileSync(join(root, "v0", "100% ümlaut", "b c.m4s"), bytes);
    writeFileSync(join(base, "secret"), "secret");
    mkdirSync(join(base, "root-too"));
    writeFileSync(join(base, "root-too", "secret"), "secret");
    symlinkSync("a.m4s", join(root, "v0", "inside.m4s"));
    symlinkSync(join(base, "secret"), join(root, "outside.m4s"));
    symlinkSync(base, join(root, "up"));
    symlinkSync("loop", join(root, "loop"));
    execFileSync("mkfifo", [join(root, "fifo")]);
    source = folderSource(root);
  });
  after(() => {
    rmSync(base, { recursive: true });
  });

  it("reads files, whole and in part", async () => {
    expect(await source.read("v0/a.m4s", LIMIT)).to.deep.equal(bytes);
    expect(await source.read("v0/100%25%20%C3%BCmlaut/b%20c.m4s", LIMIT)).to.deep.equal(bytes);
    expect(await source.read("v0/inside.m4s", LIMIT)).to.deep.equal(bytes);
    expect(await source.read("v0/a.m4s", { ...LIMIT, range: { first: 10, last: 19 } })).to.deep.equal(
      bytes.slice(10, 20),
    );
    expect(await source.read("v0/a.m4s", { ...LIMIT, range: { first: 990, last: 5_000 } })).to.deep.equal(
      bytes.slice(990),
    );
    expect(await source.read("v0/a.m4s", { ...LIMIT, range: { first: 5_000, last: 6_000 } })).to.have.length(0);
  });

  it("reads nothing outside, however it is asked", async () => {
    for (const path of ["outside.m4s", "up/secret", "up/root-too/secret", "up/root/v0/a.m4s"]) {
      expect(await errorCode(source.read(path, LIMIT)), path).to.equal(path.endsWith("a.m4s") ? "none" : "not-found");
    }
    for (const path of [
      "../secret",
      "v0/../../secret",
      "%2e%2e/secret",
      "..%2fsecret",
      "..%5csecret",
      "/secret",
      "",
      "v0//a.m4s",
      "v0/./a.m4s",
      "a%00.m4s",
      "v0/a.m4s#0-5",
    ]) {
      expect(await errorCode(source.read(path, LIMIT)), path).to.equal("path-not-canonical");
    }
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom("..", ".", "up", "secret", "%2e%2e", "/", "\\", "v0", "\0"), { maxLength: 6 }),
        async (parts) => {
          try {
            await source.read(parts.join("/"), LIMIT);
            expect.fail("read something");
          } catch (error) {
            expect(WeirError.is(error, "path-not-canonical") || WeirError.is(error, "not-found")).to.equal(true);
          }
        },
      ),
    );
  });

  it("takes for missing what is no file", async () => {
    for (const path of ["v0", "v0/missing", "v0/a.m4s/x", "loop", "fifo", "x".repeat(300)]) {
      expect(await errorCode(source.read(path, LIMIT)), path).to.equal("not-found");
    }
    expect(await errorCode(folderSource(join(base, "nowhere")).read("a", LIMIT))).to.equal("not-found");
  });

  it("reads no more than it may", async () => {
    expect(await errorCode(source.read("v0/a.m4s", { maxBytes: 999 }))).to.equal("oversized-message");
    expect(await source.read("v0/a.m4s", { maxBytes: 10, range: { first: 0, last: 9 } })).to.have.length(10);
  });
});

describe("An upstream origin as a source", () => {
  let server: Server;
  let answer: RequestListener;
  let requests: IncomingMessage[];
  let base: string;
  const bytes = randomFile(1_000);

  before(async () => {
    server = createServer((request, response) => {
      requests.push(request);
      answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    base = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/dir`;
  });
  beforeEach(() => {
    requests = [];
    answer = (_request, response) => response.end(bytes);
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  it("reads files below its directory, uncompressed, with the headers it was given", async () => {
    const source = originSource(base, { headers: { authorization: "Bearer x" } });
    expect(await source.read("v0/a%20b.m4s", LIMIT)).to.deep.equal(bytes);
    expect(requests[0]?.url).to.equal("/dir/v0/a%20b.m4s");
    expect(requests[0]?.headers).to.include({ "accept-encoding": "identity", authorization: "Bearer x" });
  });

  it("reads a range with a range request, or out of the whole", async () => {
    const source = originSource(`${base}/`);
    const range = { first: 100, last: 199 };
    answer = (_request, response) =>
      response.writeHead(206, { "content-range": "bytes 100-199/1000" }).end(bytes.subarray(100, 200));
    expect(await source.read("a", { maxBytes: 100, range })).to.deep.equal(bytes.slice(100, 200));
    expect(requests[0]?.headers.range).to.equal("bytes=100-199");
    answer = (_request, response) => {
      response.write(bytes.subarray(0, 150));
      setTimeout(() => response.end(bytes.subarray(150)), 20);
    };
    expect(await source.read("a", { maxBytes: 100, range })).to.deep.equal(bytes.slice(100, 200));
    answer = (_request, response) =>
      response.writeHead(206, { "content-range": "bytes 0-99/1000" }).end(bytes.subarray(0, 100));
    expect(await errorCode(source.read("a", { maxBytes: 100, range }))).to.equal("origin-unavailable");
    answer = (_request, response) => response.writeHead(206, { "content-range": "bytes 100-199/1000" }).end(bytes);
    expect(await source.read("a", { maxBytes: 100, range })).to.have.length(100);
  });

  it("stops reading at the limit, whatever the origin says", async () => {
    let written = 0;
    answer = (_request, response) => {
      response.writeHead(200);
      const more = (): void => {
        written += 64_000;
        if (!response.destroyed && written < 1e9) response.write(Buffer.alloc(64_000), more);
      };
      more();
    };
    expect(await errorCode(originSource(base).read("a", { maxBytes: 100_000 }))).to.equal("oversized-message");
    expect(written).to.be.below(1e9);
  });

  it("gives up after a while", async () => {
    const source = originSource(base, { timeoutMs: 50 });
    answer = () => undefined;
    expect(await errorCode(source.read("a", LIMIT))).to.equal("origin-unavailable");
    answer = (_request, response) => {
      response.write("x");
    };
    expect(await errorCode(source.read("a", LIMIT))).to.equal("origin-unavailable");
  });

  it("follows no redirect, and tells missing from broken", async () => {
    const source = originSource(base);
    const status = (code: number, headers = {}): void => {
      answer = (_request, response) => response.writeHead(code, headers).end();
    };
    status(302, { location: `${base}/secret` });
    expect(await errorCode(source.read("a", LIMIT))).to.equal("origin-unavailable");
    expect(requests).to.have.length(1);
    for (const code of [404, 410]) {
      status(code);
      expect(await errorCode(source.read("a", LIMIT))).to.equal("not-found");
    }
    for (const code of [500, 403, 204, 206, 416]) {
      status(code);
      expect(await errorCode(source.read("a", LIMIT)), String(code)).to.equal("origin-unavailable");
    }
    answer = (request) => request.socket.destroy();
    expect(await errorCode(source.read("a", LIMIT))).to.equal("origin-unavailable");
    expect(await errorCode(originSource("http://127.0.0.1:1/").read("a", LIMIT))).to.equal("origin-unavailable");
  });

  it("is an http or https URL", () => {
    for (const url of ["", "dir", "file:///etc", "ftp://a/", "https://a/?x", "https://a/#x"]) {
      expect(() => originSource(url), url).to.throw(WeirError);
    }
  });
});
