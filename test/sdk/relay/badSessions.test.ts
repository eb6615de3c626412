import { expect } from "chai";
import fc from "fast-check";
import { createSecretKey } from "node:crypto";
import type { Channel, Hex } from "../../../sdk/core/index.ts";
import { encodeSessionRequest, parseProblem, parseWwwAuthenticate } from "../../../sdk/http/index.ts";
import type { Challenge } from "../../../sdk/http/index.ts";
import type { RelayStreamOptions } from "../../../sdk/relay/index.ts";
import { issueToken } from "../../../sdk/relay/sessionToken.ts";
import { paperDomain, payee, publisher, startRelayFixture, testKey, testStream } from "../../helpers/relayFixture.ts";
import type { RelayFixture } from "../../helpers/relayFixture.ts";
import { testViewer } from "../../helpers/testViewer.ts";
import type { TestViewer } from "../../helpers/testViewer.ts";

async function codeOf(response: Response): Promise<string> {
  return response.status < 300 ? "none" : parseProblem(await response.text(), response.status).error.code;
}

async function otherStream(): Promise<RelayStreamOptions> {
  return { path: "/other/", source: await testStream(1, 1_000, "another"), publisher: publisher.address };
}

describe("A relay asked to open a session", () => {
  let fixture: RelayFixture;
  let viewer: TestViewer;

  beforeEach(async () => {
    fixture = await startRelayFixture({}, [await otherStream()]);
    viewer = await testViewer({ ...fixture, domain: paperDomain });
  });
  afterEach(async () => {
    await fixture.stop();
  });

  const openWith = async (authorization: string, manifest = "/video/weir.json"): Promise<Response> =>
    fixture.fetch("/weir/sessions", {
      method: "POST",
      body: encodeSessionRequest({ manifest }),
      headers: { authorization },
    });
  const openFor = async (challenge: Challenge): Promise<string> =>
    codeOf(await openWith(viewer.authorization(challenge)));

  it("H2: takes a challenge once, while it lasts, and only its own", async () => {
    const challenge = await viewer.challenge();
    for (const change of [
      { id: "x" },
      { id: challenge.id.toLowerCase() },
      { expires: "2099-01-01T00:00:00Z" },
      { realm: "https://evil.example" },
      { opaque: "other" },
      { digest: "x" },
    ]) {
      expect(await openFor({ ...challenge, ...change }), JSON.stringify(change)).to.equal("challenge-unknown");
    }
    expect(await openFor(challenge)).to.equal("none");
    expect(await openFor(challenge)).to.equal("challenge-used");
    const late = await viewer.challenge();
    fixture.time.now += 61;
    const response = await openWith(viewer.authorization(late));
    expect(await codeOf(response)).to.equal("challenge-expired");
    const fresh = parseWwwAuthenticate(response.headers.get("www-authenticate") ?? "");
    expect(await openFor(fresh!)).to.equal("none");
  });

  it("lets one of many takers of a challenge in", async () => {
    const authorization = viewer.authorization(await viewer.challenge());
    const codes = await Promise.all(Array.from({ length: 6 }, async () => codeOf(await openWith(authorization))));
    expect(codes.toSorted()).to.deep.equal([...Array.from({ length: 5 }, () => "challenge-used"), "none"]);
  });

  it("refuses a challenge of another stream", async () => {
    const authorization = viewer.authorization(await viewer.challenge());
    expect(await codeOf(await openWith(authorization, "/other/weir.json"))).to.equal("malformed-message");
    expect(await codeOf(await openWith("", "/nowhere/weir.json"))).to.equal("not-found");
  });

  it("M6: refuses an Open of another key, channel, challenge, realm, chain or contract", async () => {
    const code = async (change: Parameters<TestViewer["openRaw"]>[0]): Promise<string> =>
      codeOf(await viewer.openRaw(change));
    const stranger = await testViewer({ ...fixture, domain: paperDomain });
    expect(await code({ channel: { ...viewer.channel, signer: stranger.signer.address } })).to.equal("wrong-signer");
    expect(await code({ channel: { ...viewer.channel, nonce: viewer.channel.nonce ^ 1n } })).to.equal("wrong-signer");
    const zero: Hex = `0x${"00".repeat(32)}`;
    for (const domain of [
      { ...paperDomain, verifyingContract: payee },
      { ...paperDomain, salt: zero },
    ]) {
      const elsewhere = await testViewer({ ...fixture, domain });
      expect(await codeOf(await elsewhere.openRaw())).to.equal("wrong-signer");
    }
    const elsewhere = await testViewer({ ...fixture, domain: { ...paperDomain, chainId: 1 } });
    expect(await codeOf(await elsewhere.openRaw())).to.equal("wrong-chain");
    const mine = await viewer.challenge();
    const theirs = await stranger.challenge();
    const swapped = viewer.authorization(mine).slice("Payment ".length);
    const json = JSON.parse(Buffer.from(swapped, "base64url").toString()) as Record<string, unknown>;
    const body = Buffer.from(JSON.stringify({ ...json, challenge: theirs })).toString("base64url");
    expect(await codeOf(await openWith(`Payment ${body}`))).to.equal("wrong-signer");
  });

  it("refuses other terms than its own", async () => {
    const terms: [Partial<Channel>, string][] = [
      [{ payee: viewer.signer.address }, "malformed-message"],
      [{ pricePerGiB: 1n }, "malformed-message"],
      [{ pricePerGiB: 0n }, "malformed-message"],
      [{ gracePeriod: 3_600 }, "malformed-message"],
      [{ gracePeriod: 60 }, "grace-period-out-of-range"],
    ];
    for (const [channel, code] of terms) {
      const odd = await testViewer({ ...fixture, domain: paperDomain, channel });
      expect(await codeOf(await odd.openRaw())).to.equal(code);
    }
  });

  it("X3: gives no credit without money behind it, and not without bounds", async () => {
    fixture.chain.set(viewer.channel, { balance: 0n });
    expect(await codeOf(await viewer.openRaw())).to.equal("account-empty");
    fixture.chain.set(viewer.channel, { balance: 1n });
    expect(await codeOf(await viewer.openRaw())).to.equal("none");
    const key = testKey(77);
    const codes: string[] = [];
    for (let i = 0; i < 10; i++) {
      codes.push(await codeOf(await (await testViewer({ ...fixture, domain: paperDomain, key })).openRaw()));
    }
    expect(codes.filter((code) => code === "none")).to.have.length(8);
    expect(new Set(codes.slice(8))).to.deep.equal(new Set(["too-many-requests"]));
  });

  it("refuses a closed channel and one with a close pending", async () => {
    fixture.chain.set(viewer.channel, { deposit: 5n, closeRequestedAt: 1 });
    expect(await codeOf(await viewer.openRaw())).to.equal("close-pending");
    fixture.chain.set(viewer.channel, { closed: true });
    expect(await codeOf(await viewer.openRaw())).to.equal("channel-closed");
  });

  it("X12: adopts a higher receipt of the viewer, and nobody else's", async () => {
    const totals = { deliveredBytes: 1_000_000n, segmentsRoot: viewer.seed };
    const receipt = await viewer.receipt(totals);
    const forged = { ...receipt, deliveredBytes: 2_000_000n };
    expect(await codeOf(await viewer.openRaw({ receipt: forged }))).to.equal("wrong-signer");
    const answer = await viewer.open({ receipt });
    expect(answer.acknowledged).to.deep.equal(receipt);
    expect((await viewer.open()).acknowledged).to.deep.equal(receipt);
  });

  it("refuses credentials that are not what they should be", async () => {
    const good = viewer.authorization(await viewer.challenge());
    expect((await openWith("Basic abc")).status).to.equal(402);
    for (const bad of [
      "Payment x",
      "Payment e30",
      `${good}=`,
      `${good}A`,
      good.slice(0, -4),
      `Payment ${"x".repeat(9_000)}`,
    ]) {
      expect(await codeOf(await openWith(bad)), bad.slice(0, 20)).to.be.oneOf([
        "malformed-message",
        "oversized-message",
      ]);
    }
    await fc.assert(
      fc.asyncProperty(fc.json(), async (json) => {
        const response = await openWith(`Payment ${Buffer.from(json).toString("base64url")}`);
        expect(response.status).to.be.within(400, 499);
        await codeOf(response);
      }),
      { numRuns: 50 },
    );
    const bodies = ["", "{}", "[]", '{"manifest":5}', '{"manifest":"//evil.example/weir.json"}', "x".repeat(70_000)];
    for (const body of bodies) {
      const response = await fixture.fetch("/weir/sessions", {
        method: "POST",
        body,
        headers: { authorization: good },
      });
      expect(await codeOf(response)).to.be.oneOf(["malformed-message", "oversized-message"]);
    }
  });
});

describe("A session token", () => {
  let fixture: RelayFixture;
  let viewer: TestViewer;

  beforeEach(async () => {
    fixture = await startRelayFixture({}, [await otherStream()]);
    viewer = await testViewer({ ...fixture, domain: paperDomain });
    await viewer.open();
  });
  afterEach(async () => {
    await fixture.stop();
  });

  const use = async (token: string, path = "/video/segment-0.m4s"): Promise<string> => {
    const response = await fixture.fetch(`${path}?weir=${encodeURIComponent(token)}`);
    const code = await codeOf(response);
    if (code === "none") await response.arrayBuffer();
    return code;
  };

  it("is good for nothing if anything in it was changed", async () => {
    expect(await use(viewer.token)).to.equal("none");
    for (let at = 0; at < viewer.token.length; at++) {
      const changed = viewer.token[at] === "A" ? "B" : "A";
      expect(await use(viewer.token.slice(0, at) + changed + viewer.token.slice(at + 1))).to.equal("token-unknown");
    }
    for (const token of ["x", `${viewer.token}A`, `${viewer.token}=`, viewer.token.slice(1), "é", "\0"]) {
      expect(await use(token)).to.equal("token-unknown");
      expect(await codeOf(await viewer.post({ token, end: true }))).to.equal("token-unknown");
    }
    const forged = issueToken(createSecretKey(new Uint8Array(32)), {
      channelId: viewer.id,
      session: `0x${"00".repeat(16)}`,
      streamId: viewer.id,
      expires: 4_000_000_000,
    });
    expect(await use(forged)).to.equal("token-unknown");
  });

  it("expires, and every receipt renews it", async () => {
    await viewer.download("segment-0.m4s");
    const first = viewer.token;
    fixture.time.now += 400;
    await viewer.pay();
    fixture.time.now += 400;
    expect(await use(first)).to.equal("token-expired");
    expect(await codeOf(await viewer.post({ token: first, end: true }))).to.equal("token-expired");
    await viewer.download("segment-1.m4s");
    fixture.time.now += 601;
    const response = await viewer.get("segment-1.m4s");
    expect([response.status, await codeOf(response)]).to.deep.equal([401, "token-expired"]);
    expect(response.headers.get("www-authenticate")).to.match(/^Payment /);
  });

  it("is good for one stream", async () => {
    expect(await use(viewer.token)).to.equal("none");
    expect(await use(viewer.token, "/other/segment-0.m4s")).to.equal("token-foreign");
  });

  it("H4: is of no use to a thief once the session is opened again", async () => {
    const stolen = viewer.token;
    await viewer.open();
    expect(await use(stolen)).to.equal("token-expired");
    expect(await use(viewer.token)).to.equal("none");
  });

  it("H4: lets a thief use up the credit and nothing else", async () => {
    const codes: string[] = [];
    for (let i = 0; i < 90; i++) codes.push(await use(viewer.token));
    expect(codes.filter((code) => code === "none")).to.have.length(83);
    expect(new Set(codes.slice(83))).to.deep.equal(new Set(["deposit-exhausted"]));
    const state = (await fixture.options.store.readChannel(viewer.id))?.state;
    expect([state?.served, state?.acknowledged.deliveredBytes]).to.deep.equal([8_300_000n, 0n]);
  });

  it("is never written to the log, nor is anything else that opens doors", async () => {
    await viewer.download("segment-0.m4s");
    fixture.source.files.clear();
    await use(viewer.token, "/video/segment-1.m4s");
    await viewer.post({ token: `${viewer.token}x`, end: true });
    const authorization = viewer.authorization(await viewer.challenge());
    await fixture.fetch("/weir/sessions", { method: "POST", body: "{}", headers: { authorization } });
    const log = fixture.logger.lines.join("\n");
    expect(log).to.contain("session opened").and.to.contain("cannot be served");
    const secrets = [viewer.token, authorization.slice(8), viewer.seed, viewer.seed.slice(2), testKey(1).slice(2)];
    for (const secret of secrets) expect(log).to.not.contain(secret);
  });
});
