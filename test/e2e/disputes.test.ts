import { expect } from "chai";
import { parseEther } from "viem";
import {
  claimRewardsSync,
  readIsRetired,
  readOperatorStake,
  readTokenBalance,
  unbondSync,
  readStake,
} from "../../sdk/chain/index.ts";
import { paymentChannelsDomain, privateKeySigner, resourceId } from "../../sdk/core/index.ts";
import type { Hex } from "../../sdk/core/index.ts";
import { memoryStore, viewerChain } from "../../sdk/viewer/index.ts";
import type { Viewer, ViewerOptions } from "../../sdk/viewer/index.ts";
import { createReporter, reporterChain } from "../../sdk/viewer/reporter/index.ts";
import type { Reporter, ReporterEvent, ReporterOptions } from "../../sdk/viewer/reporter/index.ts";
import { REPORT_GAS } from "../../sdk/viewer/reporter/reporterChain.ts";
import { corrupting } from "../../scripts/demo/misbehaviour.ts";
import { errorCode } from "../helpers/errorCode.ts";
import { signDelivery } from "../helpers/signDelivery.ts";
import { openStage, watchAll } from "../helpers/stage.ts";
import type { Stage, StagedPayer, StagedRelay } from "../helpers/stage.ts";

const STAKE = parseEther("1000");
/** Three tenths of what one proof takes. */
const CUT = parseEther("150");

describe("a relay that signs what is not so", function () {
  this.timeout(120_000);

  let stage: Stage;
  let liar: StagedRelay;
  let payer: StagedPayer;
  let events: ReporterEvent[];
  const reporters: Reporter[] = [];
  const viewers: Viewer[] = [];

  beforeEach(async () => {
    stage = await openStage();
    const { deployment } = stage.local;
    // Its cache is poisoned and it checks nothing: it signs every other segment as it sends it.
    liar = await stage.startRelay({
      stake: STAKE,
      tamper: (relay, agentKey) => corrupting(relay, 2, { deployment, agentKey }).fetch,
    });
    payer = await stage.openPayer();
    events = [];
  });

  afterEach(async () => {
    for (const viewer of viewers.splice(0)) await viewer.close();
    for (const reporter of reporters.splice(0)) await reporter.close();
    await stage.expectConserved();
    await stage.stop();
  });

  /** A reporter that is paid into the payer's wallet, and for which time flies. */
  function startReporter({ owner }: StagedPayer, change: Partial<ReporterOptions> = {}): Reporter {
    const { local } = stage;
    const { deployment } = local;
    const reporter = createReporter({
      deployment,
      chain: reporterChain(local.wallet(owner), deployment),
      tokenPerEther: parseEther("3000"),
      clock: {
        now: () => Date.now(),
        wait: async (milliseconds, signal) => {
          signal.throwIfAborted();
          await local.sleep(milliseconds / 1_000);
        },
      },
      onEvent: (event) => events.push(event),
      ...change,
    });
    reporters.push(reporter);
    return reporter;
  }

  function startViewer(relays: readonly StagedRelay[], options: Partial<ViewerOptions>): Viewer {
    const { deployment, publicClient } = stage.local;
    const urls = relays.map(({ url }) => url);
    const viewer = stage.viewer(payer, urls, { chain: viewerChain(publicClient, deployment), ...options });
    viewers.push(viewer);
    return viewer;
  }

  /** What a report is believed to cost before it can be estimated. */
  async function expectGasAsAssumed(): Promise<void> {
    const reported = events.find((event) => event.type === "reported")!;
    const { gasUsed } = await stage.local.publicClient.getTransactionReceipt({ hash: reported.transactionHash });
    expect(Number(gasUsed)).to.be.within(Number(REPORT_GAS) / 2, Number(REPORT_GAS));
  }

  const agentOf = ({ key }: StagedRelay): Hex => privateKeySigner(key).address;
  const types = (): string[] => events.map(({ type }) => type);

  it("is slashed by a viewer that plays on, and has too little at stake for the next one", async () => {
    const { deployment, publicClient: client } = stage.local;
    const honest = await stage.startRelay({ stake: STAKE });
    const unstaked = await stage.startRelay();
    const reporter = startReporter(payer);
    const viewer = startViewer([liar, unstaked, honest], { reporter, minStake: STAKE });
    await watchAll(viewer);
    await reporter.idle();

    expect(types()).to.deep.equal(["found", "committed", "reported"]);
    expect(events[2]).to.deep.include({ agent: agentOf(liar), operator: liar.account.address, cut: CUT });
    const stake = await readOperatorStake(client, { deployment, operator: liar.account.address });
    expect(stake).to.include({ own: parseEther("500"), active: false });
    expect(await readIsRetired(client, { deployment, agent: agentOf(liar) })).to.equal(true);
    const owner = payer.owner.address;
    await expectGasAsAssumed();
    const before = await readTokenBalance(client, { deployment, owner });
    await claimRewardsSync(stage.local.wallet(payer.owner), { deployment, account: owner });
    expect(await readTokenBalance(client, { deployment, owner })).to.equal(before + CUT);

    const status = await viewer.close();
    expect(status.relays[0]).to.include({ phase: "refused" });
    expect(status.relays[1]).to.include({ problem: "stake-too-low", verifiedBytes: 0n });

    const next = startViewer([liar, honest], { minStake: STAKE });
    await watchAll(next);
    expect((await next.close()).relays[0]).to.include({ phase: "new", problem: "stake-too-low", verifiedBytes: 0n });
    const stubborn = startViewer([liar], { minStake: 1n, timing: { giveUp: 1_000 } });
    expect(await errorCode(stubborn.fetch("360p/segment-0.m4s"))).to.equal("no-relay-left");
  });

  it("is slashed once, though two viewers find out, and each reporter ends", async () => {
    const others = await stage.openPayer();
    const honest = await stage.startRelay({ stake: STAKE });
    const [one, two] = [startReporter(payer), startReporter(others)];
    await Promise.all([
      watchAll(startViewer([liar, honest], { reporter: one })),
      watchAll(startViewer([liar, honest], { reporter: two, signer: others.signer })),
    ]);
    await one.idle();
    await two.idle();
    expect(types().filter((type) => type === "reported")).to.have.length(1);
    expect(types().filter((type) => type === "dismissed")).to.have.length(1);
    expect(types()).not.to.include("failed");
  });

  it("is slashed for what it said to two viewers, though nobody has the manifest", async () => {
    const domain = paymentChannelsDomain(stage.local.deployment);
    const resource = resourceId("360p/segment-0.m4s");
    const word = (byte: string): Hex => `0x${byte.repeat(32)}`;
    const reporter = startReporter(payer);
    for (const [channelId, contentHash] of [
      [word("01"), word("aa")],
      [word("02"), word("bb")],
    ] as const) {
      const delivery = { channelId, manifestRoot: word("cc"), resource, contentHash, size: 1_000n };
      const signed = await signDelivery(domain, privateKeySigner(liar.key), delivery);
      reporter.note({ relay: liar.url, byAgent: true, deliveries: [signed] });
    }
    await reporter.idle();
    expect(types()).to.deep.equal(["found", "committed", "reported"]);
    expect(events[0]).to.include({ contradicts: "self" });
    expect(events[2]).to.include({ cut: CUT });
    await expectGasAsAssumed();
  });

  it("does not escape into unbonding, and a reporter that crashed goes on where it was", async () => {
    const { local } = stage;
    const { deployment, publicClient: client } = local;
    const operator = liar.account.address;
    const { shares } = await readStake(client, { deployment, operator, holder: operator });
    await unbondSync(local.wallet(liar.account), { deployment, operator, shares });
    const store = memoryStore();
    const committed = Promise.withResolvers<undefined>();
    const crashing = startReporter(payer, {
      store,
      // It never gets to the report.
      clock: { now: () => Date.now(), wait: async () => new Promise<never>(() => undefined) },
      onEvent: ({ type }) => {
        if (type === "committed") committed.resolve(undefined);
      },
    });
    const viewer = startViewer([liar], { reporter: crashing, timing: { giveUp: 2_000 } });
    expect(await errorCode(watchAll(viewer))).to.equal("no-relay-left");
    await committed.promise;
    await crashing.close();

    await startReporter(payer, { store }).idle();
    expect(types()).to.deep.equal(["reported"]);
    expect(events[0]).to.include({ cut: CUT });
    expect(await readOperatorStake(client, { deployment, operator })).to.include({
      own: 0n,
      ownUnbonding: parseEther("500"),
    });
    expect(await store.entries("")).to.have.length(0);
  });

  it("is left alone where gas is worth more than the cut", async () => {
    const reporter = startReporter(payer, { tokenPerEther: parseEther("3000000000") });
    const viewer = startViewer([liar], { reporter, timing: { giveUp: 2_000 } });
    expect(await errorCode(watchAll(viewer))).to.equal("no-relay-left");
    await reporter.idle();
    expect(types()).to.deep.equal(["found", "unprofitable"]);
    expect(events[1]).to.include({ cut: CUT });
    const { deployment, publicClient: client } = stage.local;
    expect(await readIsRetired(client, { deployment, agent: agentOf(liar) })).to.equal(false);
  });
});
