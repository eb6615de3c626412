import { expect } from "chai";
import type { Page } from "playwright-core";
import { eventually } from "../helpers/eventually.ts";
import { openLiveWorld } from "./liveWorld.ts";
import type { LiveWorld } from "./liveWorld.ts";
import type { LiveReading } from "./pages/livePage.ts";

describe("a live stream in a browser, signed while an encoder writes it", function () {
  this.timeout(120_000);
  let world: LiveWorld;
  let tab: Page;

  const playedTo = async (position: number): Promise<LiveReading> =>
    eventually(`it has played to ${position} s`, async () => {
      const reading = await world.read(tab);
      return reading.position >= position ? reading : undefined;
    });

  before(async () => {
    world = await openLiveWorld();
    tab = await world.openTab();
  });
  after(async () => {
    await world.stop();
  });

  it("is followed through relays, verified and paid for, with no request in vain", async () => {
    await world.followPaid(tab, await world.fund());
    const { position } = await eventually("it begins", async () => {
      const reading = await world.read(tab);
      return reading.position > 0 ? reading : undefined;
    });
    const { complaints, status } = await playedTo(position + 3);
    expect(complaints).to.deep.equal([]);
    expect(Number(status?.verifiedBytes)).to.be.greaterThan(0);
    expect(status?.refusedBytes).to.equal(0n);
  });

  it("is not held up by a relay whose manifest lags", async () => {
    const { complaints, position, status } = await world.read(tab);
    world.setFault("manifest lags");
    const after = await playedTo(position + 4);
    world.setFault();
    expect(after.complaints).to.deep.equal(complaints);
    expect(after.status?.refusedBytes).to.equal(0n);
    expect(after.status?.sequence !== undefined && after.status.sequence > (status?.sequence ?? 0n) + 1n).to.equal(
      true,
    );
  });

  it("goes on when the publisher is killed and started again", async () => {
    const { signal, ended } = world.publisher();
    signal("SIGKILL");
    await ended;
    const { position, status } = await world.read(tab);
    await world.startPublisher();
    const after = await playedTo(position + 5);
    expect(after.complaints).to.deep.equal([]);
    expect(after.status?.refusedBytes).to.equal(0n);
    expect(after.status?.sequence !== undefined && after.status.sequence > (status?.sequence ?? 0n)).to.equal(true);
  });

  it("stands still when nobody signs any more, tells so, and goes on when somebody does", async () => {
    const { signal, ended } = world.publisher();
    signal("SIGKILL");
    await ended;
    const silent = await eventually("what was signed has run out", async () => {
      const reading = await world.read(tab);
      return reading.expired > 0 ? reading : undefined;
    });
    expect(silent.expired).to.equal(1);
    expect(silent.complaints.filter((complaint) => !complaint.includes("publisher-silent"))).to.deep.equal([]);
    await world.startPublisher();
    const { status } = await playedTo(silent.position + 3);
    expect(status?.sequence !== undefined && status.sequence > (silent.status?.sequence ?? 0n)).to.equal(true);
    expect(status?.refusedBytes).to.equal(0n);
  });

  it("refuses yesterday's segments, pays nothing for them, and goes on with the other relay", async () => {
    const { complaints, position } = await world.read(tab);
    world.setFault("yesterday's segments");
    const refused = await eventually("the relay is refused", async () => {
      const { status } = await world.read(tab);
      return status?.relays.find(({ phase }) => phase === "refused");
    });
    expect(refused.refusedBytes > 0n).to.equal(true);
    const { origin, verifiedBytes } = refused;
    const after = await playedTo(position + 4);
    const relays = after.status?.relays ?? [];
    expect(relays.find((relay) => relay.origin === origin)).to.deep.include({ phase: "refused", verifiedBytes });
    expect(relays.find((relay) => relay.origin !== origin)).to.have.property("phase", "open");
    expect(after.complaints).to.deep.equal(complaints);
  });

  it("pays for exactly what was verified", async () => {
    const status = await tab.evaluate(async () => window.live.stop());
    expect(status?.relays.map(({ acknowledged }) => acknowledged)).to.deep.equal(
      status?.relays.map(({ spent }) => spent),
    );
  });

  it("ends with what is under way when the publisher is told to stop", async () => {
    const { signal, ended } = world.publisher();
    signal("SIGTERM");
    const { status, stdout } = await ended;
    expect(status).to.equal(0);
    const lines = stdout.trim().split("\n");
    expect(JSON.parse(lines.at(-1) ?? "")).to.include({ event: "stopped", name: "news" });
  });
});
