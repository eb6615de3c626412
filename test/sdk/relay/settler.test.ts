import { expect } from "chai";
import { createPublicClient, createWalletClient, fallback, http, parseEther, parseGwei, parseTransaction } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { fundSync, getWeirEvents, readChannel, requestCloseSync } from "../../../sdk/chain/index.ts";
import { paymentChannelsDomain } from "../../../sdk/core/index.ts";
import type { Hex } from "../../../sdk/core/index.ts";
import { collectorWallet, sqliteRecords, viemChain } from "../../../sdk/relay/index.ts";
import type { CollectionRecord, RelayCollectOptions, RelayEvent, RelayOptions } from "../../../sdk/relay/index.ts";
import { startLocalDeployment } from "../../../scripts/local/localDeployment.ts";
import type { LocalDeployment } from "../../../scripts/local/localDeployment.ts";
import { openPayer, UNIT_PRICE } from "../../helpers/openPayer.ts";
import type { Payer } from "../../helpers/openPayer.ts";
import { startRelayFixture } from "../../helpers/relayFixture.ts";
import type { RelayFixture } from "../../helpers/relayFixture.ts";
import { startRpcProxy } from "../../helpers/rpcProxy.ts";
import type { RpcProxy } from "../../helpers/rpcProxy.ts";
import { eventually } from "../../helpers/stage.ts";
import { testViewer } from "../../helpers/testViewer.ts";
import type { TestViewer } from "../../helpers/testViewer.ts";

const DEPOSIT = 2_000_000n;
const HOUR = 3_600;

describe("A settler on a chain that makes difficulties", function () {
  this.timeout(120_000);

  let local: LocalDeployment;
  let proxies: RpcProxy[];
  let payer: Payer;
  let agentKey: Hex;
  let fixture: RelayFixture;
  let viewer: TestViewer;
  let events: RelayEvent[];

  before(async () => {
    local = await startLocalDeployment({ feeBps: 0 });
    proxies = await Promise.all([1, 2].map(async () => startRpcProxy(local.anvil.url)));
    payer = await openPayer(local, 100n * DEPOSIT);
  });
  after(async () => {
    await Promise.all(proxies.map(async (proxy) => proxy.stop()));
    await local.stop();
  });
  afterEach(async () => {
    for (const proxy of proxies) proxy.fault = {};
    await local.testClient.setAutomine(true);
    await fixture.stop();
  });

  const start = async (collect: Partial<RelayCollectOptions> = {}): Promise<void> => {
    const { deployment } = local;
    agentKey = generatePrivateKey();
    events = [];
    const account = privateKeyToAccount(agentKey);
    await local.testClient.setBalance({ address: account.address, value: parseEther("10") });
    const transport = fallback(proxies.map(({ url }) => http(url, { timeout: 500, retryCount: 0 })));
    const options: Partial<RelayOptions> = {
      deployment,
      payee: account.address,
      agent: agentKey,
      pricePerGiB: UNIT_PRICE,
      gracePeriod: HOUR,
      chain: viemChain({ client: createPublicClient({ transport }), deployment }),
      collect: {
        wallet: collectorWallet({ client: createWalletClient({ transport, account }), deployment }),
        tokenPerEther: 1_000_000n,
        ...collect,
      },
      limits: { watchMs: 30, collectMs: 50 },
      onEvent: (event) => events.push(event),
    };
    fixture = await startRelayFixture(options);
    fixture.time.now = Number((await local.publicClient.getBlock()).timestamp);
    viewer = await open();
  };
  const open = async (): Promise<TestViewer> => {
    const domain = paymentChannelsDomain(local.deployment);
    const opened = await testViewer({ ...fixture, domain, key: payer.privateKey });
    await opened.open();
    await fundSync(payer.owner, { deployment: local.deployment, channel: opened.channel, total: DEPOSIT });
    return opened;
  };
  const play = async (by = viewer): Promise<void> => {
    await by.download("segment-0.m4s");
    await by.pay();
  };
  const settled = async (by = viewer): Promise<bigint> =>
    (await readChannel(local.publicClient, { deployment: local.deployment, channel: by.channel })).settledBytes;
  const eventuallySettled = async (by = viewer): Promise<void> => {
    await eventually("it is settled", async () => (await settled(by)) > 0n || undefined);
  };
  const has = (type: RelayEvent["type"]): number => events.filter((event) => event.type === type).length;
  const history = async (): Promise<CollectionRecord[]> => {
    const records = sqliteRecords(`${fixture.folder}/relay.db`);
    await records.start();
    try {
      const found: CollectionRecord[] = [];
      for await (const record of records.collections()) found.push(record);
      return found;
    } finally {
      await records.stop();
    }
  };

  it("waits while gas is above the limit, says so once, and settles when it is below", async () => {
    await start({ maxGasPrice: parseGwei("5") });
    await local.testClient.setNextBlockBaseFeePerGas({ baseFeePerGas: parseGwei("100") });
    await local.testClient.mine({ blocks: 1 });
    await play();
    await eventually("it waits", async () => Promise.resolve(has("gasCapWaiting") > 0 || undefined));
    const rounds = proxies[0]!.calls.get("eth_maxPriorityFeePerGas") ?? 0;
    await eventually("it looks again", async () =>
      Promise.resolve((proxies[0]!.calls.get("eth_maxPriorityFeePerGas") ?? 0) > rounds + 3 || undefined),
    );
    expect([has("gasCapWaiting"), await settled()]).to.deep.equal([1, 0n]);
    await local.testClient.setNextBlockBaseFeePerGas({ baseFeePerGas: parseGwei("1") });
    await local.testClient.mine({ blocks: 1 });
    await eventuallySettled();
    expect(fixture.logger.lines.join("\n")).to.contain("below the limit again");
  });

  it("makes batches as large as the chain takes, and settles every channel", async () => {
    await start({ policy: { costMultiple: 1_000_000_000n } });
    const viewers = [viewer, await open(), await open(), await open()];
    for (const each of viewers) await play(each);
    // Two rows fit into half of a block, four do not.
    const { gasLimit } = await local.publicClient.getBlock();
    await local.testClient.request({ method: "evm_setBlockGasLimit", params: ["0x27100"] } as never);
    await local.testClient.mine({ blocks: 1 });
    const records = sqliteRecords(`${fixture.folder}/relay.db`);
    await records.start();
    await records.placeOrder({ type: "settle", at: fixture.time.now });
    for (const each of viewers) await eventuallySettled(each);
    expect(await records.orders()).to.deep.equal([]);
    await records.stop();
    await local.testClient.request({ method: "evm_setBlockGasLimit", params: [`0x${gasLimit.toString(16)}`] } as never);
    await local.testClient.mine({ blocks: 1 });
    expect(fixture.logger.lines.join("\n")).to.contain("too large for the chain");
    await eventually("all are in the history", async () => {
      const [first, ...rest] = await history();
      return (first !== undefined && rest.length > 0) || undefined;
    });
    for (const { reason, hash, gasUsed, value, cost, alone, settles } of await history()) {
      expect(reason).to.equal("order");
      const receipt = await local.publicClient.getTransactionReceipt({ hash: hash! });
      expect([gasUsed, value]).to.deep.equal([receipt.gasUsed, BigInt(settles) * 100_000n]);
      if (settles > 1) expect(alone > cost, `${String(alone)} > ${String(cost)}`).to.equal(true);
    }
  });

  it("trusts no word about pending transactions, and no endpoint that swallows what it is given", async () => {
    proxies[0]!.fault = { pendingOffset: 5, swallows: true };
    await start();
    await play();
    await eventuallySettled();
    const { address } = privateKeyToAccount(agentKey);
    expect(await local.publicClient.getTransactionCount({ address })).to.equal(1);
  });

  it("goes on when one endpoint lags, boasts or is down, and takes nothing back for it", async () => {
    await start();
    await play();
    await eventuallySettled();
    let before = await settled();
    for (const fault of [{ headOffset: -4 }, { headOffset: 50 }, { down: true }, { retryAfter: 30 }]) {
      proxies[0]!.fault = fault;
      await play();
      await eventually(JSON.stringify(fault), async () => (await settled()) > before || undefined);
      before = await settled();
      await eventually("the relay knows", async () => {
        const state = (await fixture.options.store.readChannel(viewer.id))!.state;
        return (state.chain.settledBytes === before && state.settling === 0n) || undefined;
      });
    }
    expect([has("chainReplaced"), has("collectionTakenBack")]).to.deep.equal([0, 0]);
    const head = await local.publicClient.getBlockNumber({ cacheTime: 0 });
    expect(Number(await fixture.options.store.highest("watched block")) <= Number(head)).to.equal(true);
  });

  it("serves and takes receipts while no endpoint answers, opens nothing new, and settles afterwards", async () => {
    await start();
    for (const proxy of proxies) proxy.fault = { down: true };
    await viewer.download("segment-1.m4s");
    await viewer.pay({ fund: await viewer.fund(DEPOSIT + 1n, fixture.time.now + HOUR) });
    const domain = paymentChannelsDomain(local.deployment);
    const other = await testViewer({ ...fixture, domain, key: payer.privateKey });
    expect(await (await other.openRaw()).text()).to.contain("chain-unavailable");
    for (const proxy of proxies) proxy.fault = {};
    await eventuallySettled();
  });

  it("sends again what the chain took back, under its nonce, and is paid once", async () => {
    await start();
    await play();
    await eventuallySettled();
    await eventually("it is kept", async () => (await fixture.options.store.transactions())[0]?.mined?.hash);
    await local.publicClient.request({ method: "anvil_reorg", params: [1, []] } as never);
    await eventually("it is taken back", async () => Promise.resolve(has("collectionTakenBack") > 0 || undefined));
    await eventuallySettled();
    const { deployment, publicClient } = local;
    const all = await getWeirEvents(publicClient, { deployment, eventNames: ["Settled"] });
    const ours = all.flatMap(({ args }) => args.settlements.filter(({ channelId }) => channelId === viewer.id));
    expect(ours.map(({ amount }) => amount)).to.deep.equal([100_000n]);
  });

  it("offers more for what is stuck, up to the limit, and says once that it may not offer more", async () => {
    await start({ maxGasPrice: parseGwei("4") });
    await local.testClient.setAutomine(false);
    await play();
    const first = await eventually("it is sent", async () => (await fixture.options.store.transactions())[0]);
    fixture.time.now += 121;
    await eventually("it is replaced", async () => Promise.resolve(has("collectionReplaced") > 0 || undefined));
    for (let tries = 0; has("gasCapWaiting") === 0; tries++) {
      const sent = has("collectionReplaced");
      fixture.time.now += 121;
      await eventually("it offers more, or may not", async () =>
        Promise.resolve(has("collectionReplaced") > sent || has("gasCapWaiting") > 0 || undefined),
      );
      expect(tries).to.be.lessThan(20);
    }
    const [stuck] = await fixture.options.store.transactions();
    expect(stuck!.hashes[0]).to.equal(first.hashes[0]);
    const offered = parseTransaction(stuck!.raw).maxFeePerGas!;
    expect(offered <= parseGwei("4") && offered > parseTransaction(first.raw).maxFeePerGas!).to.equal(true);
    await local.testClient.mine({ blocks: 1 });
    await local.testClient.setAutomine(true);
    await eventuallySettled();
    await eventually("its outcome is known", async () => (await history())[0]?.hash);
    expect((await history())[0]!.hash).to.equal(stuck!.hashes.at(-1));
  });

  it("says ever louder what a closing takes away that the limit keeps back", async () => {
    await start({ maxGasPrice: 1n });
    await play();
    await requestCloseSync(payer.owner, { deployment: local.deployment, channel: viewer.channel });
    const alarms = async (count: number): Promise<void> => {
      await eventually(`the alarm sounds ${String(count)} times`, async () =>
        Promise.resolve(has("closeAtRisk") === count || undefined),
      );
    };
    await alarms(1);
    await local.sleep(HOUR / 2 + 60);
    await alarms(2);
    await local.sleep(HOUR / 2 - 120);
    await alarms(3);
    expect(await settled()).to.equal(0n);
    const { timestamp } = await local.publicClient.getBlock();
    for (const event of events) {
      if (event.type !== "closeAtRisk") continue;
      expect(event).to.include({ channel: viewer.id, value: 100_000n, why: "gas-limit" });
      expect(event.until).to.be.greaterThan(Number(timestamp));
    }
  });
});
