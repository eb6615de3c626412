import { expect } from "chai";
import { parseProblem } from "../../../sdk/http/index.ts";
import type { RelayEvent, RelayOptions } from "../../../sdk/relay/index.ts";
import { paperDomain, startRelayFixture } from "../../helpers/relayFixture.ts";
import type { RelayFixture } from "../../helpers/relayFixture.ts";
import { testViewer } from "../../helpers/testViewer.ts";
import type { TestViewer } from "../../helpers/testViewer.ts";

describe("The limits of a relay", () => {
  let fixture: RelayFixture;
  let events: RelayEvent[];

  const start = async (limits: RelayOptions["limits"]): Promise<void> => {
    events = [];
    fixture = await startRelayFixture({ ...(limits && { limits }), onEvent: (event) => events.push(event) });
  };
  /** A viewer on a channel of its own, at an address. */
  const viewerAt = async (address?: string): Promise<TestViewer> =>
    testViewer({
      fetch: async (path, init) => fixture.relay.fetch(new Request(fixture.origin + path, init), { address }),
      origin: fixture.origin,
      domain: paperDomain,
    });
  const outcomeOf = async (response: Response): Promise<unknown> => {
    if (response.ok) return response.status;
    const { error, retryAfter } = parseProblem(await response.text(), response.status);
    expect(response.headers.get("retry-after")).to.equal(String(retryAfter));
    return [response.status, error.code];
  };
  const hits = (): unknown[] => events.flatMap((event) => (event.type === "limitHit" ? [event.limit] : []));

  afterEach(async () => {
    await fixture.stop();
  });

  it("slow down a channel that posts receipts too often, and lose nothing of it", async () => {
    await start({ receiptsPerSecond: 1 });
    const viewer = await viewerAt();
    await viewer.open();
    for (const name of ["segment-0.m4s", "segment-1.m4s"]) {
      await viewer.download(name);
      await viewer.pay();
    }
    await viewer.download("segment-2.m4s");
    const refused = await viewer.post({ step: await viewer.step() });
    expect(await outcomeOf(refused)).to.deep.equal([429, "too-many-requests"]);
    expect(hits()).to.deep.equal(["receipts"]);
    const { state } = (await fixture.options.store.readChannel(viewer.id))!;
    expect([state.acknowledged.deliveredBytes, state.served]).to.deep.equal([200_000n, 300_000n]);
    // Another channel is not held up, and this one goes on where it was with the very same statement.
    const other = await viewerAt();
    await other.open();
    await other.download("segment-0.m4s");
    await other.pay();
    const waited = Number(refused.headers.get("retry-after"));
    await new Promise((resolve) => setTimeout(resolve, waited * 1_000));
    expect((await viewer.pay()).acknowledged.deliveredBytes).to.equal(300_000n);
  });

  it("bound the sessions that an address has open, until one ends or runs out", async () => {
    await start({ sessionsPerAddress: 2 });
    const [first, second, third] = [
      await viewerAt("203.0.113.7"),
      await viewerAt("::ffff:203.0.113.7"),
      await viewerAt("203.0.113.7"),
    ];
    await first.open();
    await second.open();
    expect(await outcomeOf(await third.openRaw())).to.deep.equal([429, "too-many-requests"]);
    expect(hits()).to.deep.equal(["sessions"]);
    await (await viewerAt("203.0.113.8")).open();
    await first.pay({ end: true });
    await third.open();
    expect(await outcomeOf(await first.openRaw())).to.deep.equal([429, "too-many-requests"]);
    fixture.time.now += 601;
    await first.open();
  });

  it("bound how often an address opens sessions, and say when to come back", async () => {
    await start({ sessionsPerMinute: 2 });
    const viewer = await viewerAt("2001:db8::1");
    await viewer.open();
    await viewer.open();
    const refused = await (await viewerAt("2001:db8::2")).openRaw();
    expect(await outcomeOf(refused)).to.deep.equal([429, "too-many-requests"]);
    expect(Number(refused.headers.get("retry-after"))).to.be.within(1, 30);
    // A challenge costs nothing and is not counted; neither is whoever's address is not known.
    await (await viewerAt("2001:db8::2")).challenge();
    const anonymous = await viewerAt();
    for (let i = 0; i < 5; i++) await anonymous.open();
  });
});
