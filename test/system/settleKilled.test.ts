import { expect } from "chai";
import { parseEther } from "viem/utils";
import { getWeirEvents } from "../../sdk/chain/index.ts";
import type { KillableRelay, RelayIdentity } from "../helpers/killableRelay.ts";
import { openKillableStage } from "../helpers/killableStage.ts";
import type { KillableStage } from "../helpers/killableStage.ts";
import type { RpcProxy } from "../helpers/rpcProxy.ts";
import type { Stage } from "../helpers/stage.ts";

describe("weir settle, killed in the middle", function () {
  this.timeout(120_000);

  let world: KillableStage;
  let stage: Stage;
  let proxy: RpcProxy;
  let identity: RelayIdentity;
  let relay: KillableRelay;
  let spent = 0n;

  before(async () => {
    world = await openKillableStage(parseEther("1"));
    ({ identity, proxy, relay, stage } = world);
    // A relay that takes receipts, but is killed before it settles any.
    world.hold();
    relay.launch();
    await relay.serves();
    const viewer = stage.viewer(await stage.openPayer(), [world.url]);
    await (await viewer.fetch("360p/segment-0.m4s")).arrayBuffer();
    ({ spent } = await viewer.close());
    await relay.kill();
  });
  after(async () => world.stop());

  /** Starts it, and kills it when it is at this point of talking to the chain. */
  const killAt = async (method: string, when: "asked" | "answered"): Promise<void> => {
    const { promise: there, resolve: isThere } = Promise.withResolvers<boolean>();
    const { promise: held, reject: drop } = Promise.withResolvers<undefined>();
    held.catch(() => undefined); // Whoever is held up may be gone by then.
    proxy.onCall = (called, at) => {
      if (called !== method || at !== when) return undefined;
      isThere(true);
      return held;
    };
    const settle = relay.command("settle");
    expect(await Promise.race([there, settle.ended])).to.equal(true);
    settle.signal("SIGKILL");
    await settle.ended;
    drop(new Error("the caller is gone"));
    proxy.onCall = undefined;
  };

  it("settles nothing while it has sent nothing", async () => {
    await killAt("eth_estimateGas", "asked");
    await killAt("eth_sendRawTransaction", "asked");
    expect(await world.earned()).to.equal(0n);
  });

  it("settles once, although the one that sent it never learned of it", async () => {
    await killAt("eth_sendRawTransaction", "answered");
    expect(await world.earned()).to.equal(spent);
    const { status, stderr } = await relay.command("settle").ended;
    expect(status, stderr).to.equal(0);
    expect(await world.earned()).to.equal(spent);
    const settled = await getWeirEvents(stage.local.publicClient, {
      ...{ deployment: stage.local.deployment, eventNames: ["Settled"], where: { payee: identity.address } },
    });
    expect(settled.flatMap(({ args }) => args.settlements)).to.have.length(1);
    await stage.expectConserved([identity.address]);
  });
});
