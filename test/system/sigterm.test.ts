import { expect } from "chai";
import { parseEther, parseGwei } from "viem/utils";
import { eventually } from "../helpers/eventually.ts";
import type { KillableRelay, RelayIdentity } from "../helpers/killableRelay.ts";
import { openKillableStage } from "../helpers/killableStage.ts";
import type { KillableStage } from "../helpers/killableStage.ts";
import type { RpcProxy } from "../helpers/rpcProxy.ts";
import type { Stage, StagedPayer } from "../helpers/stage.ts";

/** What a relay that was told to stop says at last. */
interface Stopped {
  readonly event: string;
  readonly signal: string;
  readonly reason: string;
  readonly unsettled?: string;
  readonly transactions?: number;
  readonly code?: string;
}

describe("a relay that is told to stop", function () {
  this.timeout(120_000);

  let world: KillableStage;
  let stage: Stage;
  let proxy: RpcProxy;
  let identity: RelayIdentity;
  let relay: KillableRelay;
  let spent = 0n;

  before(async () => {
    world = await openKillableStage(parseEther("1000"));
    ({ identity, proxy, relay, stage } = world);
  });
  after(async () => world.stop());
  afterEach(() => {
    proxy.fault = {};
    proxy.onCall = undefined;
  });

  const start = async (...args: readonly string[]): Promise<void> => {
    relay.launch({}, args);
    await relay.serves();
  };
  /** Watches a segment and pays for it. */
  const watch = async (payer?: StagedPayer): Promise<void> => {
    const viewer = stage.viewer(payer ?? (await stage.openPayer()), [world.url]);
    await (await viewer.fetch("360p/segment-0.m4s")).arrayBuffer();
    spent += (await viewer.close()).spent;
  };
  const stop = async (): Promise<Stopped> => {
    relay.terminate();
    return stopped();
  };
  const stopped = async (): Promise<Stopped> => {
    const { status, stderr, stdout } = await relay.ended();
    expect(status, stderr).to.equal(0);
    return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Stopped;
  };
  const takesNoMore = async (): Promise<void> => {
    await eventually("it takes no more requests", async () =>
      fetch(world.url).then(
        () => undefined,
        () => true as const,
      ),
    );
  };
  const calls = (): number => [...proxy.calls.values()].reduce((sum, count) => sum + count, 0);

  it("settles what was paid a moment ago, and says that nothing is left", async () => {
    await start();
    await watch();
    expect(await stop()).to.include({ event: "stopped", signal: "SIGTERM", unsettled: "0", transactions: 0 });
    expect(await world.earned()).to.equal(spent);
  });

  it("says what it keeps while gas is too dear, and settles it at the next start, when it is not", async () => {
    await start();
    const before = await world.earned();
    const payer = await stage.openPayer();
    await stage.local.testClient.setNextBlockBaseFeePerGas({ baseFeePerGas: parseGwei("500000") });
    await stage.local.testClient.mine({ blocks: 1 });
    await watch(payer);
    const left = await stop();
    expect(left.reason).to.include("settling costs about");
    expect(parseEther(String(left.unsettled))).to.equal(spent - before);
    await stage.local.testClient.setNextBlockBaseFeePerGas({ baseFeePerGas: parseGwei("1") });
    await stage.local.testClient.mine({ blocks: 1 });
    await start();
    expect(await stop()).to.include({ unsettled: "0" });
    expect(await world.earned()).to.equal(spent);
  });

  it("says that the chain cannot be reached, and settles at the next start", async () => {
    await start("--settle-seconds", "1");
    const before = await world.earned();
    world.hold();
    await watch();
    proxy.fault = { down: true };
    const left = await stop();
    expect(left.code).to.equal("chain-unavailable");
    expect(left.reason).to.include("[chain-unavailable]");
    expect(parseEther(String(left.unsettled))).to.equal(spent - before);
    proxy.fault = {};
    proxy.onCall = undefined;
    await start();
    expect(await stop()).to.include({ unsettled: "0" });
    expect(await world.earned()).to.equal(spent);
  });

  it("waits for a chain that is away for a moment", async () => {
    await start();
    world.hold();
    await watch();
    proxy.fault = { down: true };
    relay.terminate();
    await takesNoMore();
    const asked = calls();
    await eventually("it asks the chain again", async () => Promise.resolve(calls() > asked ? true : undefined));
    proxy.fault = {};
    proxy.onCall = undefined;
    expect(await stopped()).to.include({ unsettled: "0" });
    expect(await world.earned()).to.equal(spent);
  });

  it("names the transaction whose end it did not see, and the next start settles once", async () => {
    await start("--settle-seconds", "1");
    proxy.fault = { swallows: true };
    await watch();
    expect(await stop()).to.include({ transactions: 1 });
    proxy.fault = {};
    await start();
    expect(await stop()).to.include({ unsettled: "0", transactions: 0 });
    expect(await world.earned()).to.equal(spent);
  });

  it("ends at once with the second signal, and loses nothing", async () => {
    await start();
    proxy.fault = { swallows: true };
    await watch();
    relay.terminate();
    await takesNoMore();
    relay.terminate();
    expect((await relay.ended()).status).to.equal(null);
    proxy.fault = {};
    await start();
    expect(await stop()).to.include({ unsettled: "0" });
    expect(await world.earned()).to.equal(spent);
    await stage.expectConserved([identity.address]);
  });
});
