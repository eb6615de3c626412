import { expect } from "chai";
import { createHash } from "node:crypto";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { parseEther } from "viem";
import { generatePrivateKey } from "viem/accounts";
import { openAccount, readEarnings } from "../../sdk/chain/index.ts";
import {
  hashMessage,
  domainSeparator,
  leafEntry,
  owed,
  paymentChannelsDomain,
  privateKeySigner,
  recoverSigner,
} from "../../sdk/core/index.ts";
import type { Address, Hex, Manifest, SessionSigner } from "../../sdk/core/index.ts";
import { publishFolder } from "../../sdk/publisher/node/index.ts";
import { createViewer } from "../../sdk/viewer/index.ts";
import { startLocalDeployment } from "../../scripts/local/localDeployment.ts";
import type { LocalDeployment } from "../../scripts/local/localDeployment.ts";
import { certificateAuthority, testCertificate } from "../helpers/certificate.ts";
import { documentedNginx } from "../helpers/documentedNginx.ts";
import { eventually } from "../helpers/eventually.ts";
import { freePort } from "../helpers/freePort.ts";
import { startNginx } from "../helpers/nginxServer.ts";
import type { NginxServer } from "../helpers/nginxServer.ts";
import { testViewer } from "../helpers/testViewer.ts";
import type { TestViewer } from "../helpers/testViewer.ts";
import { runWeir, startWeir, weirJson } from "../helpers/weirCommand.ts";
import type { RunningCommand } from "../helpers/weirCommand.ts";

const TESTCARD = join(import.meta.dirname, "../media/testcard");
const SEGMENT = "240p/segment-0.m4s";

/** After so long a file does not count as being written any more. */
const SETTLED_MS = 150;

/** An answer as it came over the wire. */
interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

describe("nginx in front of a relay, as documented", function () {
  this.timeout(120_000);
  const authority = certificateAuthority();
  const trusted = getCACertificates("default");
  const publisher: SessionSigner = privateKeySigner(generatePrivateKey());
  let local: LocalDeployment;
  let cwd: string;
  let origin: string;
  let agent: Address;
  let relay: RunningCommand;
  let nginx: NginxServer;
  let manifest: Manifest;
  /** Token base units that viewers spent. */
  let spent = 0n;
  const price = parseEther("100");
  const tokens: string[] = [];

  before(async () => {
    setDefaultCACertificates([...trusted, authority.cert]);
    cwd = mkdtempSync(join(tmpdir(), "weir-nginx-test-"));
    chmodSync(cwd, 0o755);
    cpSync(TESTCARD, join(cwd, "video/film"), { recursive: true });
    manifest = await publishFolder(join(cwd, "video/film"), { signer: publisher, name: "film" });
    local = await startLocalDeployment();
    writeFileSync(join(cwd, "wtt.json"), JSON.stringify(local.deployment));
    const [port, inner] = [await freePort(), await freePort()];
    origin = `https://localhost:${port}`;
    const made = await weirJson<{ agent: Address }>(
      [
        ...["relay", "init", "--yes", "--generate-password", "--rpc", local.anvil.url, "--deployment", "wtt.json"],
        ...[
          "--public-url",
          origin,
          "--listen",
          `127.0.0.1:${inner}`,
          "--price-per-gib",
          "100",
          "--token-per-ether",
          "1",
        ],
        ...["--stream", "/film/=video/film", "--publisher", publisher.address, "--accel", "/weir-files/"],
        ...["--trusted-proxies", "loopback"],
      ],
      { cwd },
    );
    agent = made.agent;
    await local.testClient.setBalance({ address: agent, value: parseEther("1") });
    relay = startWeir(["relay", "start", "--json"], { cwd });
    await relay.firstLine;
    const { cert, key } = testCertificate({ issuer: authority });
    const tls = { certificate: join(cwd, "fullchain.pem"), key: join(cwd, "privkey.pem") };
    writeFileSync(join(cwd, "authority.pem"), authority.cert);
    writeFileSync(tls.certificate, cert);
    writeFileSync(tls.key, key, { mode: 0o600 });
    mkdirSync(join(cwd, "log"));
    const places = { path: "/film/", folder: join(cwd, "video/film"), logs: join(cwd, "log") };
    nginx = await startNginx(documentedNginx({ port, relayPort: inner, ...places, tls }));
  });
  after(async () => {
    setDefaultCACertificates(trusted);
    relay.signal("SIGKILL");
    await relay.ended;
    await nginx.stop();
    await local.stop();
    rmSync(cwd, { recursive: true });
  });

  /** Asks without any client's tidying: paths and headers arrive as they are written here. */
  async function ask(path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Answer> {
    return new Promise((resolve, reject) => {
      request(origin, { path, headers, method, ca: authority.cert }, (response) => {
        response.toArray().then((chunks: Buffer[]) => {
          const { statusCode: status = 0, headersDistinct: headers } = response;
          resolve({ status, headers: flat(headers), body: Buffer.concat(chunks) });
        }, reject);
      })
        .on("error", reject)
        .end();
    });
  }

  /** A session key whose account holds plenty. */
  async function newKey(): Promise<Hex> {
    const key = generatePrivateKey();
    const [wallet, amount] = [local.wallet(1), parseEther("2")];
    await local.mint(wallet.account.address, amount);
    await openAccount(wallet, { deployment: local.deployment, signer: privateKeySigner(key), amount });
    return key;
  }

  /** A viewer that asks for what it is told, with its session open. */
  async function rawViewer(): Promise<TestViewer> {
    const viewer = await testViewer({
      fetch: async (path, init) => fetch(origin + path, init),
      ...{ origin, key: await newKey(), directory: "/film/", domain: paymentChannelsDomain(local.deployment) },
    });
    await viewer.open();
    tokens.push(viewer.token);
    return viewer;
  }

  /** As `ask`, over HTTP/2. */
  async function askHttp2(path: string): Promise<Answer> {
    const session = connectHttp2(origin, { ca: authority.cert });
    try {
      const stream = session.request({ ":path": path });
      const headers = new Promise<Answer["headers"]>((resolve, reject) => {
        stream.once("response", resolve).once("error", reject);
      });
      const chunks = (await stream.toArray()) as Buffer[];
      const { ":status": status, ...others } = await headers;
      return { status: Number(status), headers: others, body: Buffer.concat(chunks) };
    } finally {
      session.close();
    }
  }

  const accessLog = (): string => readFileSync(join(cwd, "log/access.log"), "utf8");
  const logged = (): string[] => accessLog().trim().split("\n");
  const file = (path: string): Buffer => readFileSync(join(cwd, "video/film", path));

  it("plays the whole stream to a real viewer, sends every metered byte from disk, and is paid for all of it", async () => {
    const { deployment } = local;
    const viewer = createViewer({
      deployment,
      signer: privateKeySigner(await newKey()),
      ...{ publisher: publisher.address, name: "film", manifest: "/film/weir.json", relays: [origin] },
      ...{ maxPricePerGiB: price, budget: parseEther("2") },
    });
    let bytes = 0n;
    for (const { path, range, contentHash, size } of manifest.leaves) {
      const response = await viewer.fetch(path, range === undefined ? {} : { range });
      const body = new Uint8Array(await response.arrayBuffer());
      expect(createHash("sha256").update(body).digest("hex"), path).to.equal(contentHash.slice(2));
      bytes += size;
    }
    const meter = await viewer.close();
    expect(meter.spent).to.equal(owed(bytes, price));
    spent += meter.spent;
    const sent = (): string[] => logged().filter((line) => line.includes(" /weir-files/film/"));
    await eventually("all is logged", () => (sent().length >= manifest.leaves.length ? true : undefined));
    expect(sent()).to.have.length(manifest.leaves.length);
  });

  it("passes on what the relay says about a file, once, over HTTP/1.1 and HTTP/2", async () => {
    const viewer = await rawViewer();
    const path = `/film/${SEGMENT}?weir=${viewer.token}`;
    const answers = [await ask(path), await askHttp2(path)];
    const leaf = manifest.leaves.find((each) => each.path === SEGMENT);
    if (leaf === undefined) throw new Error("the segment is not listed");
    for (const { body, headers, status } of answers) {
      expect(status).to.equal(200);
      expect(body.equals(file(SEGMENT))).to.equal(true);
      expect(headers).to.include({
        "content-type": "video/iso.segment",
        "content-length": String(body.length),
        "cache-control": "private",
        etag: `"${leaf.contentHash.slice(2)}"`,
        "access-control-allow-origin": "*",
        "cross-origin-resource-policy": "cross-origin",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
      });
      expect(headers["access-control-expose-headers"]).to.include("Weir-Delivery");
      expect(
        Object.keys(headers).filter((name) => /^x-accel|^last-modified|^content-encoding/.test(name)),
      ).to.deep.equal([]);
      const digest = hashMessage(domainSeparator(paymentChannelsDomain(local.deployment)), "Delivery", {
        ...{ channelId: viewer.id, manifestRoot: manifest.root },
        ...leafEntry(leaf),
      });
      expect(recoverSigner(digest, headers["weir-delivery"])).to.equal(agent.toLowerCase());
    }
    await eventually("both are logged", () =>
      logged()
        .slice(-2)
        .map((line) => / (HTTP\/[0-9.]+)" 200 .*\/weir-files\//.exec(line)?.[1])
        .join() === "HTTP/1.1,HTTP/2.0"
        ? true
        : undefined,
    );
  });

  it("answers HEAD and conditions, and counts neither", async () => {
    const viewer = await rawViewer();
    const path = `/film/${SEGMENT}?weir=${viewer.token}`;
    const head = await ask(path, {}, "HEAD");
    expect(head.status).to.equal(200);
    expect(head.headers["content-length"]).to.equal(String(file(SEGMENT).length));
    const fresh = await ask(path, { "if-none-match": String(head.headers["etag"]) });
    expect([fresh.status, fresh.body.length]).to.deep.equal([304, 0]);
    expect((await ask(path, { "if-modified-since": new Date().toUTCString() })).body.equals(file(SEGMENT))).to.equal(
      true,
    );
  });

  it("sends the ranges that the manifest lists, and instead of others what it always sent", async () => {
    const viewer = await rawViewer();
    const parts = manifest.leaves.filter(({ path }) => path === "160p/all.mp4");
    const all = file("160p/all.mp4");
    const path = `/film/160p/all.mp4?weir=${viewer.token}`;
    for (const { range } of parts.slice(0, 3)) {
      if (range === undefined) continue;
      const { first, last } = range;
      const answer = await ask(path, { range: `bytes=${first}-${last}` });
      expect(answer.status).to.equal(206);
      expect(answer.body.equals(all.subarray(first, last + 1))).to.equal(true);
      expect(answer.headers["content-range"]).to.equal(`bytes ${first}-${last}/${all.length}`);
    }
    const segment = `/film/${SEGMENT}?weir=${viewer.token}`;
    for (const range of ["bytes=0-0", "bytes=0-0,2-2", "bytes=-1", "bytes=99999999-"]) {
      const { status, body } = await ask(segment, { range });
      expect(status === 416 || (status === 200 && body.equals(file(SEGMENT))), range).to.equal(true);
    }
  });

  it("gives nothing away to whoever asks for it in another way", async () => {
    const { token } = await rawViewer();
    const asked = [
      `/weir-files/film/${SEGMENT}`,
      `/weir-files/film/${SEGMENT}?weir=${token}`,
      `//weir-files/film/${SEGMENT}`,
      `/film/../weir-files/film/${SEGMENT}`,
      `/%77eir-files/film/${SEGMENT}`,
      "/weir-files/",
      "/weir-files/film/",
      "/weir-files/film../weir.toml",
      `/film/../weir.toml?weir=${token}`,
      `/film/%2e%2e/weir.toml?weir=${token}`,
      `/film/..%2f..%2fweir.toml?weir=${token}`,
      `/film/240p/..%5c..%5cweir.toml?weir=${token}`,
      `/film/240p%2fsegment-0.m4s?weir=${token}`,
      `/film/unlisted.m4s?weir=${token}`,
      `/film/240p/?weir=${token}`,
    ];
    for (const path of asked) {
      const { body, status } = await ask(path);
      expect(status, path).to.be.within(400, 499);
      expect(body.toString(), path).to.not.include("[chain]");
      expect(body.length, path).to.be.below(1_000);
    }
    for (const [query, refusal] of [
      ["", 402],
      [`?weir=${"0".repeat(215)}`, 401],
    ] as const) {
      const { headers, status } = await ask(`/film/${SEGMENT}${query}`);
      expect([status, headers["access-control-allow-origin"]]).to.deep.equal([refusal, "*"]);
      expect(headers["www-authenticate"]).to.match(/^Payment /);
    }
  });

  it("is found closed by the doctor", async () => {
    const env = { NODE_EXTRA_CA_CERTS: join(cwd, "authority.pem") };
    const { stdout } = await runWeir(["relay", "doctor", "--json"], { cwd, env });
    const { checks } = JSON.parse(stdout) as { checks: readonly { name: string; verdict: string }[] };
    const verdicts = Object.fromEntries(checks.map(({ name, verdict }) => [name, verdict]));
    expect(verdicts).to.include({ files: "ok", cors: "ok", reach: "ok" });
  });

  it("is not led astray by headers that only it and the relay may set", async () => {
    const { token } = await rawViewer();
    const forged = {
      "x-accel-redirect": "/weir-files/film/weir.json",
      "x-accel-mapping": "/film/=/etc/",
      "x-sendfile": "/etc/passwd",
      "weir-accel": "off",
      "x-forwarded-for": "192.0.2.1",
    };
    const { body, headers, status } = await ask(`/film/${SEGMENT}?weir=${token}`, forged);
    expect([status, headers["x-accel-redirect"]]).to.deep.equal([200, undefined]);
    expect(body.equals(file(SEGMENT))).to.equal(true);
    // nginx writes the line when the answer has left already.
    await eventually("the request is logged as that of a loopback client", () =>
      new RegExp(`^127\\.0\\.0\\.1 .* /weir-files/film/${SEGMENT}$`).test(logged().at(-1) ?? "") ? true : undefined,
    );
  });

  it("sends nothing of a file that changed on disk, and all of it once it is right again", async () => {
    const viewer = await rawViewer();
    const target = join(cwd, "video/film/360p/segment-0.m4s");
    const right = readFileSync(target);
    const wrong = Buffer.from(right);
    wrong[100] = (wrong[100] ?? 0) ^ 1;
    expect((await viewer.get("360p/segment-0.m4s")).status).to.equal(200);
    writeFileSync(target, wrong);
    utimesSync(target, 0, 0);
    const refused = await viewer.get("360p/segment-0.m4s");
    expect(refused.status).to.equal(502);
    expect(await refused.json()).to.include({ code: "content-mismatch" });
    writeFileSync(target, right);
    expect(Buffer.from(await viewer.download("360p/segment-0.m4s")).equals(right)).to.equal(true);
  });

  it("serves nothing on the token of a session that is over", async () => {
    const viewer = await rawViewer();
    await viewer.download(SEGMENT);
    const { token } = viewer;
    expect((await viewer.post({ end: true })).status).to.equal(200);
    const { status, body } = await ask(`/film/${SEGMENT}?weir=${token}`);
    expect(status).to.be.within(400, 499);
    expect(JSON.parse(body.toString())).to.include({ code: "token-expired" });
  });

  it("says so to pages on any site if it cannot read a file that the relay can, or if the relay is down", async () => {
    const { token } = await rawViewer();
    const target = join(cwd, "video/film/360p/segment-1.m4s");
    chmodSync(target, 0o000);
    await sleep(SETTLED_MS);
    const unreadable = await ask(`/film/360p/segment-1.m4s?weir=${token}`);
    chmodSync(target, 0o644);
    expect(problemOf(unreadable)).to.deep.equal([502, "origin-unavailable", "*"]);

    relay.signal("SIGTERM");
    const { status, stderr, stdout } = await relay.ended;
    expect(status, stderr).to.equal(0);
    const stopped: unknown = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
    expect(stopped).to.include({ event: "stopped", unsettled: "0", transactions: 0 });
    expect(problemOf(await ask(`/film/${SEGMENT}?weir=${token}`))).to.deep.equal([502, "relay-unreachable", "*"]);
    for (const each of tokens) expect(stderr).to.not.include(each);
  });

  it("leaves exactly what viewers spent in the relay's earnings", async () => {
    const { balance, fees } = await readEarnings(local.publicClient, { deployment: local.deployment, payee: agent });
    expect(spent > 0n).to.equal(true);
    expect(balance + fees).to.equal(spent);
  });

  it("keeps tokens out of its logs", () => {
    const logs = accessLog() + readFileSync(join(cwd, "log/error.log"), "utf8");
    expect(tokens).to.have.length.above(5);
    expect(accessLog()).to.include(` "GET /film/${SEGMENT} HTTP/1.1" 200 `);
    for (const token of tokens) expect(logs).to.not.include(token.slice(0, 32));
    expect(logs).to.not.include("weir=");
  });
});

/** Status, code and CORS header of a problem document. */
function problemOf({ body, headers, status }: Answer): unknown[] {
  const { code } = JSON.parse(body.toString()) as { code: string };
  return [status, code, headers["access-control-allow-origin"]];
}

/** Every header once as a text; one that came several times stays a list, which no expectation equals. */
function flat(distinct: NodeJS.Dict<string[]>): Answer["headers"] {
  return Object.fromEntries(
    Object.entries(distinct).map(([name, values]) => [name, values?.length === 1 ? values[0] : values]),
  );
}
