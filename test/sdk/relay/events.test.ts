import { expect } from "chai";
import type { RelayEvent } from "../../../sdk/relay/index.ts";
import { eventually } from "../../helpers/stage.ts";
import { paperDomain, publisher, startRelayFixture, testStream } from "../../helpers/relayFixture.ts";
import type { RelayFixture } from "../../helpers/relayFixture.ts";
import { testViewer } from "../../helpers/testViewer.ts";
import type { TestViewer } from "../../helpers/testViewer.ts";

describe("The events of a relay", () => {
  let fixture: RelayFixture;
  let viewer: TestViewer;
  let events: RelayEvent[];
  let isBroken: boolean;

  beforeEach(async () => {
    events = [];
    isBroken = false;
    fixture = await startRelayFixture(
      {
        onEvent(event) {
          events.push(event);
          if (isBroken) throw new Error("the listener is broken");
        },
        limits: { watchMs: 20 },
      },
      [{ path: "/free/", source: await testStream(1, 1_000, "free"), publisher: publisher.address, free: true }],
    );
    viewer = await testViewer({ fetch: fixture.fetch, origin: fixture.origin, domain: paperDomain });
  });
  afterEach(async () => fixture.stop());

  const only = <Type extends RelayEvent["type"]>(type: Type): Extract<RelayEvent, { type: Type }>[] =>
    events.filter((event): event is Extract<RelayEvent, { type: Type }> => event.type === type);

  it("tell of a session from its opening to its end", async () => {
    await viewer.open();
    expect(only("sessionOpened")).to.deep.equal([{ type: "sessionOpened", channel: viewer.id, stream: "/video/" }]);
    await viewer.open();
    expect(only("sessionEnded")).to.have.length(1);
    await viewer.post({ end: true });
    expect(only("sessionEnded")).to.have.length(2);
    expect(only("requestRefused")).to.deep.equal([]);
  });

  it("tell what was served, from where, and what was paid for it", async () => {
    await viewer.open();
    await viewer.download("segment-0.m4s");
    await viewer.download("segment-0.m4s");
    await viewer.pay();
    expect(only("resourceRead").map(({ from, bytes }) => [from, bytes])).to.deep.equal([
      ["origin", 100_000],
      ["memory", 100_000],
    ]);
    const served = only("segmentServed");
    expect(served.map(({ stream, free, bytes, size }) => [stream, free, bytes, size])).to.deep.equal([
      ["/video/", false, 100_000, 100_000],
      ["/video/", false, 100_000, 100_000],
    ]);
    expect(served[0]?.seconds).to.be.greaterThan(0);
    const [receipt] = only("receiptTaken");
    // floor(200,000 bytes * 10^16 / 2^30)
    expect(receipt).to.include({ channel: viewer.id, bytes: 200_000n, value: 1_862_645_149_230n });
    expect(receipt?.seconds).to.be.greaterThan(0);
  });

  it("tell of a transfer that its viewer broke off, with what left", async () => {
    await viewer.open();
    const response = await viewer.get("segment-1.m4s");
    await response.body?.cancel();
    expect(only("segmentServed").map(({ bytes, size }) => bytes < size)).to.deep.equal([true]);
  });

  it("tell of what is served for nothing", async () => {
    const response = await fixture.fetch("/free/segment-0.m4s");
    await response.arrayBuffer();
    expect(only("segmentServed").map(({ stream, free, bytes }) => [stream, free, bytes])).to.deep.equal([
      ["/free/", true, 1_000],
    ]);
  });

  it("name the route and code of every refusal, but not of a challenge", async () => {
    await fixture.fetch("/video/segment-0.m4s");
    expect(only("requestRefused")).to.deep.equal([]);
    await viewer.open();
    await fixture.fetch("/nowhere/");
    await viewer.get("no-such-segment.m4s");
    await fixture.fetch("/weir/receipts", { method: "POST", body: "{" });
    const other = await testViewer({ fetch: fixture.fetch, origin: fixture.origin, domain: paperDomain });
    await viewer.openRaw({ signature: (await other.receipt(other.totals)).signature });
    await fixture.fetch("/weir/receipts", { method: "PUT" });
    const refused = only("requestRefused").map(({ route, code }) => `${route} ${code}`);
    expect(refused).to.deep.equal([
      "media not-found",
      "media path-not-listed",
      "receipt malformed-message",
      "session wrong-signer",
      "receipt method-not-allowed",
    ]);
  });

  it("tell of an origin that has other bytes than it signed for", async () => {
    fixture.source.files.set("segment-2.m4s", new Uint8Array(100_000));
    await viewer.open();
    expect((await viewer.get("segment-2.m4s")).status).to.equal(502);
    expect(only("originFailed")).to.deep.equal([{ type: "originFailed", stream: "/video/", code: "content-mismatch" }]);
  });

  it("tell once that the chain is lost, and once that it is back", async () => {
    await eventually("the chain was seen", async () => (await fixture.relay.status()).chainSeenAt);
    fixture.chain.isAway = true;
    const looks = (): number => fixture.logger.lines.filter((line) => line.includes("watching the chain")).length;
    await eventually("it failed twice", async () => Promise.resolve(looks() > 1 ? true : undefined));
    expect(only("chainFailed")).to.deep.equal([{ type: "chainFailed", code: "chain-unavailable" }]);
    fixture.chain.isAway = false;
    await eventually("it recovered", async () => Promise.resolve(only("chainRecovered")[0]));
    expect(only("chainFailed")).to.have.length(1);
  });

  it("tell of a viewer that asks to close", async () => {
    await viewer.open();
    fixture.chain.set(viewer.channel, { closeRequestedAt: 1_900_000_000, deposit: 1n });
    const [event] = await eventually("it was seen", async () => {
      const found = only("closeRequested");
      return Promise.resolve(found.length > 0 ? found : undefined);
    });
    expect(event).to.deep.equal({ type: "closeRequested", channel: viewer.id, until: 1_900_086_400 });
  });

  it("disturb nothing when their listener is broken, and the log says so once", async () => {
    isBroken = true;
    await viewer.open();
    await viewer.download("segment-0.m4s");
    await viewer.pay();
    expect(fixture.logger.lines.filter((line) => line.includes("listener"))).to.have.length(1);
  });
});
