import { expect } from "chai";
import { join } from "node:path";
import { createPublicClient, custom } from "viem";
import { openAdmin } from "../../../sdk/admin/index.ts";
import type { Admin, AdminOptions } from "../../../sdk/admin/index.ts";
import type { ChannelsDocument, OverviewDocument } from "../../../sdk/admin/apiDocuments.ts";
import { WeirError } from "../../../sdk/core/index.ts";
import { sqliteRecords } from "../../../sdk/relay/index.ts";
import type { Readiness, RelayRecords } from "../../../sdk/relay/index.ts";
import { eventually } from "../../helpers/stage.ts";
import { parseScrape } from "../../helpers/parseScrape.ts";
import { paperDeployment, paperDomain, payee, startRelayFixture } from "../../helpers/relayFixture.ts";
import type { RelayFixture } from "../../helpers/relayFixture.ts";
import { testViewer } from "../../helpers/testViewer.ts";
import type { TestViewer } from "../../helpers/testViewer.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";
const HOME = "http://127.0.0.1:8403";

/** A node that knows the agent's balance and nothing else. */
const client = createPublicClient({
  transport: custom({ request: async () => Promise.reject(new Error("the node is away")) }),
});

describe("What an operator looks at", () => {
  let fixture: RelayFixture;
  let admin: Admin;
  let records: RelayRecords;
  let viewer: TestViewer;

  const open = (change: Partial<AdminOptions> = {}): Admin =>
    openAdmin({
      ...{ deployment: paperDeployment, payee, agent: payee, pricePerGiB: 10n ** 16n, client, chain: fixture.chain },
      ...{ publicUrl: fixture.origin, streams: [{ path: "/video/" }], records, hostname: "127.0.0.1" },
      ...{ version: "1.2.3", logger: fixture.logger, ...change },
    });
  const ask = async (path: string, init: RequestInit = {}, of = admin): Promise<Response> =>
    of.fetch(new Request(new URL(path, HOME), init));
  const askJson = async <Document>(path: string): Promise<Document> => (await ask(path)).json() as Promise<Document>;

  before(async () => {
    const events: Admin["onEvent"] = (event) => {
      admin.onEvent(event);
    };
    fixture = await startRelayFixture({ onEvent: events, limits: { watchMs: 50 } });
    records = sqliteRecords(join(fixture.folder, "relay.db"));
    await records.start();
    admin = open();
    await eventually("the relay saw the chain", async () => Promise.resolve(fixture.relay.vitals().chainSeenAt));
    viewer = await testViewer({ fetch: fixture.fetch, origin: fixture.origin, domain: paperDomain });
    await viewer.open();
    await viewer.download("segment-0.m4s");
    await viewer.pay();
    await viewer.download("segment-1.m4s");
    admin.show(fixture.relay);
  });
  after(async () => {
    admin.stop();
    await records.stop();
    await fixture.stop();
  });

  describe("health", () => {
    it("is alive as long as the process answers", async () => {
      const response = await ask("/healthz");
      expect([response.status, await response.text()]).to.deep.equal([200, "alive\n"]);
    });

    it("is ready when the store, the chain, the contracts and a stream are", async () => {
      const response = await ask("/readyz");
      expect(response.status).to.equal(200);
      const { checks, ready } = (await response.json()) as Readiness;
      expect(ready).to.equal(true);
      expect(checks.map(({ name, ok }) => [name, ok])).to.deep.equal([
        ["store", true],
        ["chain", true],
        ["contracts", true],
        ["streams", true],
      ]);
    });

    it("is not ready without a relay, nor while the chain is lost; and says what to do", async () => {
      expect((await ask("/readyz", {}, open())).status).to.equal(503);
      const at = fixture.time.now;
      fixture.chain.isAway = true;
      const isNoted = (): boolean => fixture.logger.lines.some((line) => line.includes("watching the chain"));
      await eventually("a look failed", async () => Promise.resolve(isNoted() ? true : undefined));
      fixture.time.now += 3_600;
      const checks = await eventually("it is not ready", async () => {
        const response = await ask("/readyz");
        return response.status === 503 ? ((await response.json()) as Readiness).checks : undefined;
      });
      const chain = checks.find(({ name }) => name === "chain");
      expect(chain?.ok).to.equal(false);
      expect(chain?.cure).to.include("weir relay doctor");
      fixture.chain.isAway = false;
      fixture.time.now = at;
      await eventually("it is ready again", async () => ((await ask("/readyz")).status === 200 ? true : undefined));
    });
  });

  describe("metrics", () => {
    it("say what happened on the relay", async () => {
      const response = await ask("/metrics");
      expect(response.headers.get("content-type")).to.equal("text/plain; version=0.0.4; charset=utf-8");
      const { samples } = parseScrape(await response.text());
      const value = (name: string): unknown => samples.find((sample) => sample.name === name)?.value;
      expect(value("weir_served_bytes_total")).to.equal(200_000);
      expect(value("weir_receipted_bytes_total")).to.equal(100_000);
      expect(value("weir_receipts_total")).to.equal(1);
      expect(value("weir_sessions")).to.equal(1);
      expect(value("weir_channels")).to.equal(1);
      expect(value("weir_unsecured_bytes")).to.equal(200_000);
      expect(value("weir_agent_balance_coins"), "the node is away").to.equal(undefined);
      expect(samples.filter(({ labels }) => JSON.stringify(labels).includes("0x"))).to.deep.equal([]);
    });
  });

  describe("the API", () => {
    it("knows the relay, and goes on while the chain is away", async () => {
      const { chain, channels, exposure, ready, relay, sessions } = await askJson<OverviewDocument>("/api/overview");
      expect({ chain, channels, ready, sessions }).to.deep.equal({
        chain: undefined,
        channels: 1,
        ready: true,
        sessions: 1,
      });
      expect(relay).to.include({ version: "1.2.3", payee, symbol: "TEST", pricePerGiB: "0.01" });
      // floor(100,000 * 10^16 / 2^30) base units
      expect(exposure.unsettled).to.equal("0.000000931322574615");
      expect((await ask("/api/stake")).status).to.equal(503);
    });

    it("lists channels page by page", async () => {
      const { channels, next } = await askJson<ChannelsDocument>("/api/channels?which=open&limit=1");
      expect(channels.map(({ acknowledgedBytes, id, state }) => [id, state, acknowledgedBytes])).to.deep.equal([
        [viewer.id, "open", 100_000],
      ]);
      expect(next).to.equal(undefined);
      expect((await askJson<ChannelsDocument>(`/api/channels?after=${viewer.id}`)).channels).to.deep.equal([]);
    });

    it("refuses what it does not understand", async () => {
      for (const query of ["limit=0", "limit=1000", "limit=x", "which=mine", "after=0x12"]) {
        expect((await ask(`/api/channels?${query}`)).status, query).to.equal(400);
      }
      expect((await ask("/api/settlements?after=-1")).status).to.equal(400);
      expect((await ask("/api/constructor")).status).to.equal(404);
    });

    it("has no way to change anything", async () => {
      for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
        for (const path of ["/api/overview", "/metrics", "/", "/readyz"]) {
          const { headers, status } = await ask(path, { method });
          expect(status, `${method} ${path}`).to.equal(405);
          expect(headers.get("access-control-allow-origin")).to.equal(null);
        }
      }
      expect((await ask("/api/overview", { method: "HEAD" })).status).to.equal(200);
    });
  });

  describe("the page", () => {
    it("loads scripts and styles of its own alone, and is framed by nobody", async () => {
      for (const path of ["/", "/page/main.js", "/vendor/uplot.js", "/page.css", "/api/overview"]) {
        const response = await ask(path);
        expect(response.status, path).to.equal(200);
        const policy = response.headers.get("content-security-policy") ?? "";
        expect(policy)
          .to.include("default-src 'none'")
          .and.include("script-src 'self'")
          .and.include("frame-ancestors 'none'");
        expect(policy).to.not.include("unsafe");
        expect(response.headers.get("x-content-type-options")).to.equal("nosniff");
      }
      const html = await (await ask("/")).text();
      expect(html)
        .to.not.match(/<script(?![^>]* src=)/)
        .and.not.match(/ (?:on\w+|style)=/);
    });

    it("is not sent again to who has it", async () => {
      const etag = (await ask("/page.css")).headers.get("etag") ?? "";
      expect((await ask("/page.css", { headers: { "if-none-match": etag } })).status).to.equal(304);
    });
  });

  describe("strangers", () => {
    const cookieOf = (response: Response): string => response.headers.get("set-cookie")?.split(";", 1)[0] ?? "";
    let guarded: Admin;
    before(() => {
      guarded = open({ token: TOKEN, origin: "https://admin.example" });
      guarded.show(fixture.relay);
    });
    after(() => {
      guarded.stop();
    });

    it("cannot come by a name that they made resolve to this machine", async () => {
      const response = await admin.fetch(new Request("http://rebound.example:8403/api/overview"));
      expect(response.status).to.equal(421);
      expect((await admin.fetch(new Request("http://localhost:8403/api/overview"))).status).to.equal(200);
      expect((await admin.fetch(new Request("http://[::1]:8403/api/overview"))).status).to.equal(200);
      expect((await guarded.fetch(new Request("https://admin.example/healthz"))).status).to.equal(200);
      expect((await guarded.fetch(new Request("https://admin.example.evil/healthz"))).status).to.equal(421);
    });

    it("cannot have their own page ask for anything", async () => {
      const headers = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" };
      expect((await ask("/api/overview", { headers })).status).to.equal(421);
      expect((await ask("/", { headers: { ...headers, "sec-fetch-mode": "navigate" } })).status).to.equal(200);
    });

    it("see nothing without the token but whether the relay is well", async () => {
      for (const path of ["/metrics", "/api/overview", "/api/channels", "/page/main.js", "/nowhere"]) {
        const response = await ask(path, {}, guarded);
        expect(response.status, path).to.equal(401);
        expect(response.headers.get("www-authenticate")).to.equal('Bearer realm="weir admin"');
      }
      expect((await ask("/", {}, guarded)).headers.get("location")).to.equal("/login");
      expect(await (await ask("/readyz", {}, guarded)).json()).to.deep.equal({ ready: true });
    });

    it("are let in with it: in a header, or by a cookie that does not reveal it", async () => {
      const authorization = `Bearer ${TOKEN}`;
      expect((await ask("/metrics", { headers: { authorization } }, guarded)).status).to.equal(200);
      expect((await ask("/metrics", { headers: { authorization: `${authorization}0` } }, guarded)).status).to.equal(
        401,
      );
      expect((await ask(`/metrics?token=${TOKEN}`, {}, guarded)).status, "never in a URL").to.equal(401);
      const body = new URLSearchParams({ token: TOKEN }).toString();
      const headers = { "content-type": "application/x-www-form-urlencoded", "content-length": String(body.length) };
      const response = await ask("/login", { method: "POST", body, headers }, guarded);
      expect(response.headers.get("location")).to.equal("/");
      const set = response.headers.get("set-cookie") ?? "";
      expect(set).to.include("HttpOnly").and.include("SameSite=Strict").and.include("Secure").and.not.include(TOKEN);
      const cookie = cookieOf(response);
      expect((await ask("/api/overview", { headers: { cookie } }, guarded)).status).to.equal(200);
      const [name, content = ""] = cookie.split("=");
      const later = `${String(name)}=9${content.slice(1)}`;
      expect((await ask("/api/overview", { headers: { cookie: later } }, guarded)).status).to.equal(401);
    });

    it("who type another token are sent back, and a page of theirs cannot type for them", async () => {
      const body = "token=wrong";
      const headers = { "content-length": String(body.length) };
      const response = await ask("/login", { method: "POST", body, headers }, guarded);
      expect([response.status, response.headers.get("location")]).to.deep.equal([303, "/login#wrong"]);
      expect(cookieOf(response)).to.equal("");
      const foreign = { ...headers, "sec-fetch-site": "cross-site" };
      expect((await ask("/login", { method: "POST", body, headers: foreign }, guarded)).status).to.equal(421);
      const long = { "content-length": "100000" };
      expect((await ask("/login", { method: "POST", body, headers: long }, guarded)).status).to.equal(413);
    });

    it("who are not on this machine need a token that nobody guesses", () => {
      const wrong = (change: Partial<AdminOptions>): unknown => {
        try {
          return open(change);
        } catch (error) {
          return WeirError.is(error) && error.code;
        }
      };
      expect(wrong({ hostname: "0.0.0.0" })).to.equal("malformed-message");
      expect(wrong({ token: "short" })).to.equal("malformed-message");
      expect(wrong({ token: "a token of many characters, but with blanks" })).to.equal("malformed-message");
      expect(wrong({ hostname: "0.0.0.0", token: TOKEN })).to.be.an("object");
    });
  });
});
