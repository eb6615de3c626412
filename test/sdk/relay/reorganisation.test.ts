import { expect } from "chai";
import { parseEther } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { sendTransaction } from "viem/actions";
import { fundSync, readChannel } from "../../../sdk/chain/index.ts";
import { paymentChannelsDomain } from "../../../sdk/core/index.ts";
import type { Hex } from "../../../sdk/core/index.ts";
import type { RelayChannel } from "../../../sdk/exchange/index.ts";
import { collectorWallet, viemChain } from "../../../sdk/relay/index.ts";
import type { RelayOptions, RelayTransaction } from "../../../sdk/relay/index.ts";
import { startLocalDeployment } from "../../../scripts/local/localDeployment.ts";
import type { LocalDeployment } from "../../../scripts/local/localDeployment.ts";
import { openPayer, UNIT_PRICE } from "../../helpers/openPayer.ts";
import type { Payer } from "../../helpers/openPayer.ts";
import { startRelayFixture } from "../../helpers/relayFixture.ts";
import type { RelayFixture } from "../../helpers/relayFixture.ts";
import { eventually } from "../../helpers/stage.ts";
import { testViewer } from "../../helpers/testViewer.ts";
import type { TestViewer } from "../../helpers/testViewer.ts";

const DEPOSIT = 2_000_000n;
const HOUR = 3_600;

describe("A relay on a chain that takes blocks back", function () {
  this.timeout(120_000);

  let local: LocalDeployment;
  let payer: Payer;
  let agentKey: Hex;
  let fixture: RelayFixture;
  let viewer: TestViewer;

  before(async () => {
    local = await startLocalDeployment({ feeBps: 0 });
  });
  after(async () => {
    await local.stop();
  });
  beforeEach(async () => {
    payer = await openPayer(local, 10n * DEPOSIT);
    agentKey = generatePrivateKey();
    const { address } = privateKeyToAccount(agentKey);
    await local.testClient.setBalance({ address, value: parseEther("10") });
    fixture = await startRelayFixture(options());
    fixture.time.now = Number((await local.publicClient.getBlock()).timestamp);
    viewer = await testViewer({ ...fixture, domain: paymentChannelsDomain(local.deployment), key: payer.privateKey });
    await viewer.open();
  });
  afterEach(async () => {
    await local.testClient.setAutomine(true);
    await fixture.stop();
  });

  const options = (): Partial<RelayOptions> => {
    const { deployment, publicClient } = local;
    const account = privateKeyToAccount(agentKey);
    return {
      deployment,
      payee: account.address,
      agent: agentKey,
      pricePerGiB: UNIT_PRICE,
      gracePeriod: HOUR,
      chain: viemChain({ client: publicClient, deployment }),
      collect: {
        wallet: collectorWallet({ client: local.wallet(account), deployment }),
        tokenPerEther: 1_000_000n,
      },
      limits: { watchMs: 30, collectMs: 50 },
    };
  };
  const settled = async (): Promise<bigint> =>
    (await readChannel(local.publicClient, { deployment: local.deployment, channel: viewer.channel })).settledBytes;
  const state = async (): Promise<RelayChannel> => (await fixture.options.store.readChannel(viewer.id))!.state;
  const waiting = async (): Promise<RelayTransaction | undefined> =>
    (await fixture.options.store.transactions()).at(-1);
  const rpc = async (method: string, ...params: unknown[]): Promise<unknown> =>
    local.publicClient.request({ method, params } as never);

  it("knows that a deposit is gone, and gives no more credit on it", async () => {
    await fundSync(payer.owner, { deployment: local.deployment, channel: viewer.channel, total: DEPOSIT });
    await eventually("the deposit counts", async () => (await state()).chain.deposit === DEPOSIT || undefined);
    await rpc("anvil_reorg", 1, []);
    await eventually("the deposit is gone", async () => (await state()).chain.deposit === 0n || undefined);
    expect((await state()).chain.era).to.equal(1);
    expect(fixture.logger.lines.join("\n")).to.contain("replaced blocks");
  });

  it("settles again what a replaced block had settled, and is paid once", async () => {
    await fundSync(payer.owner, { deployment: local.deployment, channel: viewer.channel, total: DEPOSIT });
    await viewer.download("segment-0.m4s");
    await viewer.pay();
    await eventually("it is settled", async () => (await settled()) === 100_000n || undefined);
    await eventually("the relay knows", async () => (await state()).chain.settledBytes === 100_000n || undefined);
    await rpc("anvil_reorg", 1, []);
    expect(await settled()).to.equal(0n);
    await eventually("it is settled again", async () => (await settled()) === 100_000n || undefined);
    await eventually("the relay knows", async () => {
      const { chain, settling } = await state();
      return (chain.settledBytes === 100_000n && settling === 0n) || undefined;
    });
  });

  it("goes on when a transaction that was not its own is taken back for good, and its nonce with it", async () => {
    await fundSync(payer.owner, { deployment: local.deployment, channel: viewer.channel, total: DEPOSIT });
    const agent = local.wallet(privateKeyToAccount(agentKey));
    await sendTransaction(agent, { to: agent.account.address, value: 1n, chain: null });
    await viewer.download("segment-0.m4s");
    await viewer.pay();
    await eventually("it is settled", async () => (await settled()) === 100_000n || undefined);
    await eventually("the relay knows", async () => (await waiting())?.mined !== undefined || undefined);
    await rpc("anvil_reorg", 2, []);
    await eventually("the relay sends it again", async () =>
      (await waiting())?.mined === undefined ? true : undefined,
    );
    fixture.time.now += 121;
    await eventually("it is settled again", async () => (await settled()) === 100_000n || undefined);
    expect(fixture.logger.lines.join("\n")).to.contain("a nonce is free");
  });
});
