import { expect } from "chai";
import { parseEther } from "viem/utils";
import { readChannel, requestCloseSync } from "../../sdk/chain/index.ts";
import type { Channel } from "../../sdk/core/index.ts";
import { openWitness } from "../chaos/witness.ts";
import type { Witness } from "../chaos/witness.ts";
import { eventually } from "../helpers/eventually.ts";
import type { KillableRelay, RelayIdentity } from "../helpers/killableRelay.ts";
import { openKillableStage } from "../helpers/killableStage.ts";
import type { KillableStage } from "../helpers/killableStage.ts";
import type { RpcProxy } from "../helpers/rpcProxy.ts";
import type { Stage, StagedPayer } from "../helpers/stage.ts";

const HOUR = 3_600;
const SKEW = new URL("../helpers/skewedClock.mjs", import.meta.url).href;

describe("a relay whose clock is wrong", function () {
  this.timeout(120_000);

  let world: KillableStage;
  let stage: Stage;
  let proxy: RpcProxy;
  let identity: RelayIdentity;
  let relay: KillableRelay;
  let witness: Witness;

  before(async () => {
    world = await openKillableStage(parseEther("1"));
    ({ identity, proxy, relay, stage } = world);
    witness = openWitness();
  });
  after(async () => world.stop());

  const start = async (seconds: number): Promise<void> => {
    relay.launch(seconds === 0 ? {} : { NODE_OPTIONS: `--import=${SKEW}`, SKEW_SECONDS: String(seconds) });
    await relay.serves();
  };
  const watcher = (payer: StagedPayer): ReturnType<Stage["viewer"]> =>
    stage.viewer(payer, [world.url], {
      fetch: witness.fetch,
      policy: { maxFailures: 2, dropSeconds: 1 },
      timing: { giveUp: 60_000 },
    });

  it("is paid for everything, with a clock an hour ahead, an hour behind, and right again", async () => {
    const viewer = watcher(await stage.openPayer());
    let segment = 0;
    for (const seconds of [HOUR, -HOUR, 0]) {
      await start(seconds);
      for (const end = segment + 2; segment < end; segment++) {
        await (await viewer.fetch(`360p/segment-${segment}.m4s`)).arrayBuffer();
      }
      await eventually("what was watched is settled", async () =>
        (await world.earned()) === viewer.status().spent ? true : undefined,
      );
      await relay.kill();
    }
    await start(0);
    const { spent } = await viewer.close();
    expect(await world.earned()).to.equal(spent);
    await relay.kill();
  });

  it("settles before a payer's close is over, however far behind its clock is", async () => {
    await start(-HOUR);
    const { deployment, publicClient } = stage.local;
    const payer = await stage.openPayer();
    const viewer = watcher(payer);
    const channel = (): Channel =>
      [...witness.channels.values()].find(({ signer }) => signer === payer.signer.address)!;
    const settled = async (): Promise<bigint> =>
      (await readChannel(publicClient, { deployment, channel: channel() })).settledBytes;
    const watch = async (segment: number): Promise<bigint> => {
      await (await viewer.fetch(`360p/segment-${segment}.m4s`)).arrayBuffer();
      return viewer.status().verifiedBytes;
    };
    const first = await watch(0);
    await eventually("the channel is funded and settled", async () => ((await settled()) === first ? true : undefined));

    world.hold();
    const all = await watch(1);
    await eventually("everything is acknowledged", async () =>
      Promise.resolve(witness.acknowledgements.at(-1)?.deliveredBytes === all ? true : undefined),
    );
    const { events } = await requestCloseSync(stage.local.wallet(payer.owner), { deployment, channel: channel() });
    await stage.local.sleep(HOUR / 2);
    proxy.onCall = undefined;
    await eventually("the rest is settled", async () => ((await settled()) === all ? true : undefined));
    const { timestamp } = await publicClient.getBlock();
    expect(timestamp < events[0]!.args.closableAt).to.equal(true);
    await viewer.close();
    await relay.kill();
    await stage.expectConserved([identity.address]);
  });
});
