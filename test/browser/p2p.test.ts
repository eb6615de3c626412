import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { getWeirEvents, readChannel } from "../../sdk/chain/index.ts";
import { isSameAddress, owed } from "../../sdk/core/index.ts";
import type { Hex } from "../../sdk/core/index.ts";
import { sqliteRecords } from "../../sdk/relay/index.ts";
import { eventually } from "../helpers/eventually.ts";
import { PRICE } from "../helpers/stage.ts";
import type { SwarmReport } from "./pages/swarmPage.ts";
import { openSwarmStage } from "./swarmStage.ts";
import type { SwarmPolluter, SwarmStage, SwarmViewer } from "./swarmStage.ts";

/** So fast, and with as much of the film at stake for relays as at the normal pace with the defaults: eight seconds. */
const FAST = { rate: 6, tuning: { highDemandTimeWindow: 8 / 6 } };
const PLAYLIST = "240p/index.m3u8";
const PARTS = "160p/index.m3u8";
/** Segments, and the size that the polluter gives each. */
const SEGMENTS = 13;
const NOISE = 40_000;

describe("viewers that swap segments", function () {
  this.timeout(240_000);
  let swarm: SwarmStage;
  let polluter: SwarmPolluter;
  const viewers: SwarmViewer[] = [];

  const sizeOf = (name: string): number => statSync(join(swarm.stage.media, name)).size;

  /** A page that has played to the end. */
  const play = async (playlist: string, awaitPeer: boolean): Promise<SwarmReport> => {
    const viewer = await swarm.watch(playlist, { ...FAST, awaitPeer });
    viewers.push(viewer);
    return viewer.ended();
  };

  /** Fails unless every fragment is the publisher's, each was played once, and every byte is accounted for. */
  const expectGenuine = (report: SwarmReport, playlist: string): void => {
    const { delivered, events, peerBytes, played, relayBytes, verifiedBytes } = report;
    expect(new Set(played.map(({ name }) => name)).size).to.equal(SEGMENTS);
    for (const { name, sha256 } of played) {
      const [path = "", part] = name.split("#");
      const [first = 0, last = Infinity] = part?.split("-").map(Number) ?? [];
      const bytes = readFileSync(join(swarm.stage.media, path)).subarray(first, last + 1);
      expect(sha256, name).to.equal(createHash("sha256").update(bytes).digest("hex"));
    }
    const init = playlist === PARTS ? 1_372 : sizeOf("240p/init.mp4");
    expect(peerBytes + relayBytes, "played").to.equal(played.reduce((sum, { bytes }) => sum + bytes, init));
    expect(new Set(delivered.map(({ name }) => name)).size, "nothing is paid twice").to.equal(delivered.length);
    // A relay that was asked for what a peer had all the same is paid too.
    const shared = new Set(events.flatMap((event) => (event.type === "shared" ? [event.name] : [])));
    const needless = delivered.filter(({ name }) => shared.has(name)).reduce((sum, { bytes }) => sum + bytes, 0);
    expect(relayBytes + sizeOf(playlist) + needless, "paid").to.equal(verifiedBytes);
  };

  before(async () => {
    swarm = await openSwarmStage();
  });
  after(async () => {
    await swarm.stop();
  });

  it("a polluter's bytes are neither played nor paid, and it stays out when it comes back", async () => {
    polluter = await swarm.pollute("240p/index.m3u8", SEGMENTS, NOISE);
    const report = await play(PLAYLIST, true);
    expectGenuine(report, PLAYLIST);
    expect(report.peerBytes).to.equal(0);
    expect(report.refusedBytes).to.equal(NOISE);
    expect((await polluter.report()).sent).to.be.at.least(NOISE);
    const [first] = viewers;
    const { events } = await eventually("it comes back, and is shown out", async () => {
      const now = await first?.report();
      return now !== undefined && now.events.filter(({ type }) => type === "left").length >= 2 ? now : undefined;
    });
    const types = events.map(({ type }) => type);
    const lasting = types.filter((type) => type !== "refused");
    expect(lasting.slice(0, 5)).to.deep.equal(["joined", "dropped", "left", "joined", "left"]);
    expect(types.lastIndexOf("refused"), "asked again").to.be.lessThan(types.indexOf("joined", 1));
    const { refusedBytes } = report;
    expect(await first?.report()).to.deep.include({ dropped: 1, refusedBytes, active: true });
  });

  it("a second and a third viewer get most from peers, in spite of the polluter", async () => {
    for (const awaitPeer of [false, false]) {
      const report = await play(PLAYLIST, awaitPeer);
      expectGenuine(report, PLAYLIST);
      // Never more than the one segment that it takes to find out.
      expect(report.refusedBytes).to.be.oneOf([0, NOISE]);
      expect(report.offload).to.be.at.least(0.5);
      expect(report.offload).to.equal(report.peerBytes / (report.peerBytes + report.relayBytes));
    }
    const [first, second, third] = await Promise.all(viewers.map(async (viewer) => viewer.report()));
    const received = (second?.peerBytes ?? 0) + (third?.peerBytes ?? 0);
    expect((first?.uploadedBytes ?? 0) + (second?.uploadedBytes ?? 0)).to.be.at.least(received);
  });

  it("parts of one file are swapped like files", async () => {
    expectGenuine(await play(PARTS, false), PARTS);
    const report = await play(PARTS, true);
    expectGenuine(report, PARTS);
    expect(report.offload).to.be.at.least(0.5);
  });

  it("ends all connections when it is switched off", async () => {
    const third = viewers[2];
    await third?.page.evaluate(() => {
      window.swarmPage.setActive(false);
    });
    await eventually("nobody is connected", async () => {
      const { active, peers } = (await third?.report()) ?? {};
      return active === false && peers === 0 ? true : undefined;
    });
  });

  it("relays are paid exactly what they delivered, and peers nothing", async () => {
    const { local } = swarm.stage;
    const { deployment, publicClient: client } = local;
    await Promise.all(viewers.map(async ({ page }) => page.evaluate(async () => window.swarmPage.closeViewer())));
    // So little is not worth a transaction by itself.
    for (const { store } of swarm.relays) {
      const records = sqliteRecords(store);
      await records.start();
      await records.placeOrder({ type: "settle", at: Math.floor(Date.now() / 1_000) });
      await records.stop();
    }
    for (const viewer of viewers) {
      const { spent, verifiedBytes } = await viewer.report();
      const channels = async (): Promise<Hex[]> => {
        const [fromBlock, toBlock] = [0n, await client.getBlockNumber({ cacheTime: 0 })];
        const range = { deployment, fromBlock, toBlock, eventNames: ["Funded"] } as const;
        const events = await getWeirEvents(client, range);
        const own = events.filter(({ args }) => isSameAddress(args.signer, viewer.payer.signer.address));
        return [...new Set(own.map(({ args }) => args.channelId))];
      };
      const settled = await eventually("everything is settled", async () => {
        const ids = await channels();
        const states = await Promise.all(ids.map(async (channel) => readChannel(client, { deployment, channel })));
        const bytes = states.map(({ settledBytes }) => settledBytes);
        return bytes.reduce((sum, each) => sum + each, 0n) === BigInt(verifiedBytes) ? bytes : undefined;
      });
      expect(settled.reduce((sum, bytes) => sum + owed(bytes, PRICE), 0n)).to.equal(BigInt(spent));
    }
    await swarm.stage.expectConserved();
  });
});
