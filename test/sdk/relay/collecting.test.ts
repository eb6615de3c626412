import { expect } from "chai";
import {
  closeSync,
  fundSync,
  readAccount,
  readChannel,
  readEarnings,
  requestCloseSync,
} from "../../../sdk/chain/index.ts";
import { ContractError } from "../../../sdk/chain/index.ts";
import { paymentChannelsDomain, privateKeySigner, WeirError } from "../../../sdk/core/index.ts";
import type { Hex } from "../../../sdk/core/index.ts";
import type { RelayChannel } from "../../../sdk/exchange/index.ts";
import { collectorWallet, createRelay, sqliteStore, viemChain } from "../../../sdk/relay/index.ts";
import type { CollectorWallet, RelayOptions, RelayStore } from "../../../sdk/relay/index.ts";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { sendTransaction } from "viem/actions";
import { parseEther } from "viem";
import { errorCode } from "../../helpers/errorCode.ts";
import { startLocalDeployment } from "../../../scripts/local/localDeployment.ts";
import type { LocalDeployment } from "../../../scripts/local/localDeployment.ts";
import { openPayer, UNIT_PRICE } from "../../helpers/openPayer.ts";
import type { Payer } from "../../helpers/openPayer.ts";
import { startRelayFixture } from "../../helpers/relayFixture.ts";
import type { RelayFixture } from "../../helpers/relayFixture.ts";
import { testViewer } from "../../helpers/testViewer.ts";
import type { TestViewer } from "../../helpers/testViewer.ts";

const DEPOSIT = 2_000_000n;
const HOUR = 3_600;
const ZERO: Hex = `0x${"00".repeat(32)}`;

describe("A relay on a chain", function () {
  this.timeout(120_000);

  let local: LocalDeployment;
  let payer: Payer;
  let agentKey: Hex;
  let wallet: CollectorWallet;
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
    const account = privateKeyToAccount(agentKey);
    await local.testClient.setBalance({ address: account.address, value: parseEther("10") });
    wallet = collectorWallet({ client: local.wallet(account), deployment: local.deployment });
  });
  afterEach(async () => {
    await local.testClient.setAutomine(true);
    await fixture.stop();
  });

  const options = (change: Partial<CollectorWallet> = {}): Partial<RelayOptions> => {
    const { deployment, publicClient } = local;
    return {
      deployment,
      payee: wallet.address,
      agent: agentKey,
      pricePerGiB: UNIT_PRICE,
      gracePeriod: HOUR,
      chain: viemChain({ client: publicClient, deployment }),
      collect: { wallet: { ...wallet, ...change }, tokenPerEther: 1_000_000n },
      limits: { watchMs: 30, collectMs: 50 },
    };
  };
  const start = async (change: Partial<RelayOptions> = options()): Promise<void> => {
    fixture = await startRelayFixture(change);
    fixture.time.now = Number((await local.publicClient.getBlock()).timestamp);
    viewer = await testViewer({ ...fixture, domain: paymentChannelsDomain(local.deployment), key: payer.privateKey });
  };
  /** Another process on the same store. */
  const restart = async (
    change: Partial<CollectorWallet> = {},
    store: RelayStore = sqliteStore(`${fixture.folder}/relay.db`),
  ): Promise<void> => {
    const { stop: removeFixture } = fixture;
    await fixture.relay.stop();
    const next = { ...fixture.options, ...options(change), store };
    const relay = createRelay(next);
    await relay.start();
    const fetch: RelayFixture["fetch"] = async (path, init) => relay.fetch(new Request(fixture.origin + path, init));
    const stop = async (): Promise<void> => {
      await relay.stop();
      await removeFixture();
    };
    fixture = { ...fixture, relay, options: next, fetch, stop };
  };
  const settled = async (): Promise<bigint> =>
    (await readChannel(local.publicClient, { deployment: local.deployment, channel: viewer.channel })).settledBytes;
  const nonce = async (): Promise<number> => local.publicClient.getTransactionCount({ address: wallet.address });
  const state = async (): Promise<RelayChannel> => (await fixture.options.store.readChannel(viewer.id))!.state;
  const quiet = async (): Promise<boolean> => {
    const { settling, funding, closing } = await state();
    return (await fixture.relay.status()).transactions === 0 && settling === 0n && funding === 0n && !closing;
  };
  /** The store shows the outcome of a transaction a moment before the collector counts its pause from the clock. */
  const tookUp = (): boolean => fixture.logger.lines.some((line) => line.includes("a transaction is mined"));
  /** Downloads two segments and pays with a receipt, and a `Fund` that covers it. */
  const play = async (more: { end?: true } = {}): Promise<void> => {
    await viewer.download("segment-0.m4s");
    await viewer.download("segment-1.m4s");
    await viewer.pay({ fund: await viewer.fund(DEPOSIT, fixture.time.now + HOUR), ...more });
  };

  it("posts the viewer's funding, settles its receipt, and knows what came of it", async () => {
    await start();
    await viewer.open();
    await play();
    await until(async () => (await settled()) === 200_000n && (await quiet()));
    const { balance } = await readEarnings(local.publicClient, { deployment: local.deployment, payee: wallet.address });
    expect(balance).to.equal(200_000n);
    const { chain, acknowledged } = await state();
    expect([chain.deposit, chain.settledBytes]).to.deep.equal([DEPOSIT, 200_000n]);
    expect(acknowledged.deliveredBytes).to.equal(200_000n);
    await viewer.download("segment-2.m4s");
    const answer = await viewer.pay();
    expect(answer.covered).to.equal(DEPOSIT);
    await until(async () => (await settled()) === 300_000n && (await quiet()));
  });

  it("closes the channel when its viewer is done, and the rest of the deposit is back at once", async () => {
    await start();
    await viewer.open();
    await play({ end: true });
    await until(async () => (await state()).chain.closed);
    expect(await settled()).to.equal(200_000n);
    const account = await readAccount(local.publicClient, {
      deployment: local.deployment,
      signer: payer.signer.address,
    });
    expect(account.balance).to.equal(10n * DEPOSIT - 200_000n);
    expect((await state()).session).to.equal(undefined);
    await until(quiet);
  });

  it("settles in time when a viewer asks to close, and raises the alarm", async () => {
    const poor = options();
    await start({ ...poor, collect: { ...poor.collect!, policy: { costMultiple: 1_000_000n } } });
    await viewer.open();
    await fundSync(payer.owner, { deployment: local.deployment, channel: viewer.channel, total: DEPOSIT });
    await play();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await settled()).to.equal(0n);
    await requestCloseSync(payer.owner, { deployment: local.deployment, channel: viewer.channel });
    await until(async () => (await settled()) === 200_000n);
    expect(fixture.logger.lines.join("\n")).to.contain("asked to close");
    const refused = await viewer.get("segment-3.m4s");
    expect(await refused.text()).to.contain("close-pending");
  });

  it("learns of deposits, also of those made while it was down", async () => {
    await start();
    await viewer.open();
    await fixture.relay.stop();
    await fundSync(payer.owner, { deployment: local.deployment, channel: viewer.channel, total: DEPOSIT });
    await restart();
    await until(async () => (await state()).chain.deposit === DEPOSIT);
  });

  it("X8: sends what was written down and not sent when it ended, once", async () => {
    await start(options({ broadcast: async () => Promise.reject(new WeirError("chain-unavailable")) }));
    await viewer.open();
    await play();
    await until(async () => (await fixture.relay.status()).transactions === 1);
    const [written] = await fixture.options.store.transactions();
    expect((await state()).settling).to.equal(200_000n);
    await restart();
    await until(async () => (await settled()) === 200_000n && (await quiet()));
    const receipt = await local.publicClient.getTransactionReceipt({ hash: written!.hashes[0]! });
    expect(receipt.status).to.equal("success");
    expect(await nonce()).to.equal(1);
  });

  it("X8: reads the outcome of what was mined while it was down from the chain", async () => {
    await local.testClient.setAutomine(true);
    await start();
    await viewer.open();
    await local.testClient.setAutomine(false);
    await play();
    await until(async () => (await fixture.relay.status()).transactions === 1);
    await fixture.relay.stop();
    await local.testClient.mine({ blocks: 1 });
    await local.testClient.setAutomine(true);
    expect(await settled()).to.equal(200_000n);
    await restart();
    await until(quiet);
    expect((await state()).chain.settledBytes).to.equal(200_000n);
    expect(await nonce()).to.equal(1);
  });

  it("X8: sends nothing while another process holds the right to, and collects when it is free", async () => {
    await start();
    await fixture.relay.stop();
    const store = sqliteStore(`${fixture.folder}/relay.db`);
    const called: string[] = [];
    let isFree = false;
    const contested: RelayStore = {
      ...store,
      lead: async (name) => (name !== "collecting" || isFree ? store.lead(name) : undefined),
      async call(name) {
        called.push(name);
        return store.call(name);
      },
    };
    await restart({}, contested);
    viewer = await testViewer({ ...fixture, domain: paymentChannelsDomain(local.deployment), key: payer.privateKey });
    await viewer.open();
    await play();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect([await nonce(), (await fixture.relay.status()).collects]).to.deep.equal([0, false]);
    expect((await state()).settling).to.equal(0n);
    await viewer.pay({ end: true });
    expect(called).to.deep.equal(["collecting"]);
    isFree = true;
    await until(async () => (await settled()) === 200_000n && (await quiet()));
    expect((await fixture.relay.status()).collects).to.equal(true);
  });

  it("leaves collecting to another process when it cannot reach its node", async () => {
    await start();
    await fixture.relay.stop();
    const store = sqliteStore(`${fixture.folder}/relay.db`);
    let released = 0;
    const release = async (): Promise<void> => {
      released++;
      await Promise.resolve();
    };
    const watched: RelayStore = {
      ...store,
      async lead(name) {
        const lease = await store.lead(name);
        return lease && name === "collecting" ? { ...lease, release } : lease;
      },
    };
    let isDown = true;
    const gasPrice: CollectorWallet["gasPrice"] = async () =>
      isDown ? Promise.reject(new WeirError("chain-unavailable")) : wallet.gasPrice();
    await restart({ gasPrice }, watched);
    viewer = await testViewer({ ...fixture, domain: paymentChannelsDomain(local.deployment), key: payer.privateKey });
    await viewer.open();
    expect(released).to.equal(0);
    await play();
    await until(async () => Promise.resolve(released > 1));
    isDown = false;
    await until(async () => (await settled()) === 200_000n && (await quiet()));
  });

  it("X8: sends nothing that it could not write down because it lost the right to", async () => {
    await start();
    await fixture.relay.stop();
    const store = sqliteStore(`${fixture.folder}/relay.db`);
    let isLost = false;
    let sent = 0;
    const losing: RelayStore = {
      ...store,
      async lead(name) {
        const lease = await store.lead(name);
        if (lease === undefined || name !== "collecting") return lease;
        return {
          ...lease,
          held: () => !isLost,
          async putTransaction() {
            isLost = true;
            return Promise.reject(new WeirError("storage-failed"));
          },
        };
      },
    };
    const broadcast = async (): Promise<void> => {
      sent++;
      await Promise.resolve();
    };
    await restart({ broadcast }, losing);
    viewer = await testViewer({ ...fixture, domain: paymentChannelsDomain(local.deployment), key: payer.privateKey });
    await viewer.open();
    await play();
    await until(async () => Promise.resolve(isLost));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect([sent, await nonce()]).to.deep.equal([0, 0]);
    await restart();
    await until(async () => (await settled()) === 200_000n && (await quiet()));
  });

  it("takes back marks for which no transaction was written", async () => {
    await start(options({ sign: async () => Promise.reject(new WeirError("chain-unavailable")) }));
    await viewer.open();
    await play();
    await until(async () => (await state()).settling === 200_000n);
    await restart();
    await until(async () => (await settled()) === 200_000n && (await quiet()));
  });

  it("sends a stuck transaction again for a higher fee", async () => {
    await start();
    await viewer.open();
    await local.testClient.setAutomine(false);
    await play();
    await until(async () => (await fixture.relay.status()).transactions === 1);
    fixture.time.now += 121;
    await until(async () => (await fixture.options.store.transactions())[0]?.hashes.length === 2);
    const [stuck] = await fixture.options.store.transactions();
    await local.testClient.mine({ blocks: 1 });
    await until(async () => (await settled()) === 200_000n && (await quiet()));
    const receipt = await local.publicClient.getTransactionReceipt({ hash: stuck!.hashes[1]! });
    expect(receipt.status).to.equal("success");
  });

  it("collects again when something else took the transaction's nonce", async () => {
    await start(options({ broadcast: async () => Promise.resolve() }));
    await viewer.open();
    await play();
    await until(async () => (await fixture.relay.status()).transactions === 1);
    const other = local.wallet(privateKeyToAccount(agentKey));
    await sendTransaction(other, { to: wallet.address, value: 1n, chain: null });
    await restart();
    await until(async () => tookUp() && (await fixture.relay.status()).transactions === 0);
    expect(await settled()).to.equal(0n);
    fixture.time.now += 60;
    await until(async () => (await settled()) === 200_000n && (await quiet()));
    expect(await nonce()).to.equal(2);
    expect(fixture.logger.lines.join("\n")).to.contain("did less than it was sent for");
  });

  it("uses up the nonce of a stuck transaction that would revert by now", async () => {
    await start();
    await viewer.open();
    await fundSync(payer.owner, { deployment: local.deployment, channel: viewer.channel, total: DEPOSIT });
    await until(async () => (await state()).chain.deposit === DEPOSIT);
    const replace: CollectorWallet["replace"] = async (calls, ...rest) => {
      if (calls.length > 0) throw new ContractError("multicall", undefined);
      return wallet.replace(calls, ...rest);
    };
    await restart({ replace });
    viewer = await testViewer({ ...fixture, domain: paymentChannelsDomain(local.deployment), key: payer.privateKey });
    await viewer.open();
    await local.testClient.setAutomine(false);
    await play();
    await until(async () => (await fixture.relay.status()).transactions === 1);
    fixture.time.now += 121;
    await until(async () => (await fixture.options.store.transactions())[0]?.hashes.length === 2);
    await local.testClient.mine({ blocks: 1 });
    await local.testClient.setAutomine(true);
    await until(async () => tookUp() && (await quiet()));
    expect([await nonce(), await settled()]).to.deep.equal([1, 0n]);
    fixture.time.now += 60;
    await until(async () => (await settled()) === 200_000n && (await quiet()));
  });

  it("settles without closing when the closing would revert", async () => {
    const sign: CollectorWallet["sign"] = async (calls, ...rest) => {
      if (calls.some(({ functionName }) => functionName === "close")) {
        throw new ContractError("multicall", { errorName: "NotPayee", args: {} });
      }
      return wallet.sign(calls, ...rest);
    };
    await start(options({ sign }));
    await viewer.open();
    await play({ end: true });
    await until(async () => (await settled()) === 200_000n && (await quiet()));
    expect((await state()).chain.closed).to.equal(false);
  });

  it("survives a channel that is closed behind its back", async () => {
    await start(options({ gasPrice: async () => Promise.resolve(10n ** 15n) }));
    await viewer.open();
    await fundSync(payer.owner, { deployment: local.deployment, channel: viewer.channel, total: DEPOSIT });
    await play();
    const payee = local.wallet(privateKeyToAccount(agentKey));
    await closeSync(payee, { deployment: local.deployment, channel: viewer.channel, minSettledBytes: 0n });
    await until(async () => (await state()).chain.closed);
    expect(await (await viewer.get("segment-2.m4s")).text()).to.contain("channel-closed");
  });

  it("does not start with an agent that is not the payee's, or a deployment that is not there", async () => {
    await start();
    const code = async (change: Partial<RelayOptions>): Promise<string> => {
      await fixture.relay.stop();
      const { collect, ...rest } = fixture.options;
      expect(collect).to.not.equal(undefined);
      return errorCode(createRelay({ ...rest, ...change }).start());
    };
    const { deployment } = local;
    expect(await code({ agent: privateKeySigner(generatePrivateKey()) })).to.equal("wrong-signer");
    const elsewhere = { ...deployment.paymentChannels, salt: ZERO };
    const client = local.publicClient;
    const wrong = viemChain({ client, deployment: { ...deployment, paymentChannels: elsewhere } });
    expect(await code({ chain: wrong })).to.equal("wrong-contract");
    expect(await code({ chain: viemChain({ client, deployment: { ...deployment, chainId: 5 } }) })).to.equal(
      "wrong-chain",
    );
    expect(() => collectorWallet({ client: { account: { type: "json-rpc" } } as never, deployment })).to.throw(
      WeirError,
    );
  });

  it("counts only what is confirmed often enough", async () => {
    const chain = viemChain({ client: local.publicClient, deployment: local.deployment, confirmations: 3 });
    await start({ ...options(), chain });
    await local.testClient.mine({ blocks: 2 });
    const newest = Number(await local.publicClient.getBlockNumber({ cacheTime: 0 }));
    // A look that was under way while these were mined may still answer with an older block.
    await until(async () => (await chain.head()).number === newest - 2);
    await viewer.open();
    await fundSync(payer.owner, { deployment: local.deployment, channel: viewer.channel, total: DEPOSIT });
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect((await state()).chain.deposit).to.equal(0n);
    await local.testClient.mine({ blocks: 2 });
    await until(async () => (await state()).chain.deposit === DEPOSIT);
  });
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 25));
}
