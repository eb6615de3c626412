import "fake-indexeddb/auto";
import { expect } from "chai";
import { createPublicClient, custom, parseEther } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import {
  closeSync,
  fundSync,
  readAccount,
  readChannel,
  readEarnings,
  readTokenBalance,
} from "../../../../sdk/chain/index.ts";
import type { WriteClient } from "../../../../sdk/chain/index.ts";
import { channelId } from "../../../../sdk/core/index.ts";
import type { Channel, Deployment, Hex } from "../../../../sdk/core/index.ts";
import { listSessions, openSession, recoverAccounts } from "../../../../sdk/viewer/wallet/index.ts";
import type { DepositStep, OpenSessionOptions, ViewerSession } from "../../../../sdk/viewer/wallet/index.ts";
import { readSessionMoney } from "../../../../sdk/viewer/wallet/sessionMoney.ts";
import { errorCode } from "../../../helpers/errorCode.ts";
import { eventually } from "../../../helpers/eventually.ts";
import { BUDGET, openStage, PRICE, STREAM } from "../../../helpers/stage.ts";
import type { Stage, StagedRelay } from "../../../helpers/stage.ts";

const AMOUNT = parseEther("1");
/** A key of the local chain that no relay has. */
const PAYEE = 5;

describe("Sessions of a wallet", function () {
  this.timeout(120_000);
  let stage: Stage;
  let relay: StagedRelay;
  const open: ViewerSession[] = [];

  before(async () => {
    stage = await openStage();
    relay = await stage.startRelay({ deposits: { minAmount: parseEther("0.1"), perHourAndClient: 50 } });
  });

  after(async () => {
    await stage.stop();
  });

  afterEach(async () => {
    await Promise.all(open.splice(0).map(async (session) => session.leave()));
  });

  /** A wallet that counts what it is asked for. */
  const newWallet = async (ether = "1") => {
    const account = privateKeyToAccount(generatePrivateKey());
    const asked = { signatures: 0, transactions: 0 };
    const counting = {
      ...account,
      signTypedData: async (parameters) => {
        asked.signatures++;
        return account.signTypedData(parameters);
      },
      signMessage: async (parameters) => {
        asked.signatures++;
        return account.signMessage(parameters);
      },
      signTransaction: async (...parameters) => {
        asked.transactions++;
        return account.signTransaction(...parameters);
      },
    } as typeof account;
    const { address } = account;
    await stage.local.testClient.setBalance({ address, value: parseEther(ether) });
    await stage.local.mint(address, AMOUNT);
    return { address, asked, wallet: stage.local.wallet(counting) };
  };

  const openWith = async (wallet: WriteClient, more: Partial<OpenSessionOptions> = {}): Promise<ViewerSession> => {
    const { deployment } = stage.local;
    const options = { wallet, deployment, relays: [relay.url], amount: AMOUNT, maxPricePerGiB: PRICE };
    const session = await openSession({ ...options, ...more });
    open.push(session);
    return session;
  };

  /** Watches some segments. @returns the channel that paid for them */
  const watch = async (session: ViewerSession, segments: number): Promise<Hex | undefined> => {
    let channel: Hex | undefined;
    const viewer = await session.viewer({
      ...{ publisher: stage.publisher.address, name: STREAM, manifest: `/${STREAM}/weir.json` },
      policy: { postBytes: 32_768n, fundBytes: 262_144n },
    });
    viewer.on((event) => {
      if (event.type === "opened") channel = event.channelId;
    });
    for (let i = 0; i < segments; i++) await viewer.fetch(`360p/segment-${i}.m4s`);
    await viewer.close();
    return channel;
  };

  const becomesClosed = async (channel: Hex): Promise<void> => {
    await eventually("the relay closes the channel", async () => {
      const state = await readChannel(stage.local.publicClient, { deployment: stage.local.deployment, channel });
      return state.closed ? true : undefined;
    });
  };

  const without = (permit: boolean): Deployment => ({
    ...stage.local.deployment,
    token: { ...stage.local.deployment.token, permit, authorization: false },
  });

  /** Opens a channel to somebody who is no relay, and closes it only when the test does. */
  const openChannel = async (owner: WriteClient, signer: Hex): Promise<Channel> => {
    const { deployment } = stage.local;
    const payee = stage.local.wallet(PAYEE).account.address;
    const channel = { signer, payee, pricePerGiB: PRICE, gracePeriod: 3_600, nonce: 1n };
    await fundSync(owner, { deployment, channel, total: BUDGET / 2n });
    return channel;
  };

  const tokensOf = async (owner: `0x${string}`): Promise<bigint> =>
    readTokenBalance(stage.local.publicClient, { deployment: stage.local.deployment, owner });

  it("open with one signature and no gas where a relay sends the deposit, and go on without any", async () => {
    const { address, asked, wallet } = await newWallet("0");
    const steps: DepositStep["type"][] = [];
    const onStep = ({ type }: DepositStep): void => void steps.push(type);
    const session = await openWith(wallet, { onStep });
    expect(asked).to.deep.equal({ signatures: 1, transactions: 0 });
    expect(steps).to.deep.equal(["signing", "relayed"]);
    expect(await session.balance()).to.include({ free: AMOUNT, left: AMOUNT, spent: 0n });
    const { owner } = await readAccount(stage.local.publicClient, {
      deployment: stage.local.deployment,
      signer: session.signer.address,
    });
    expect(owner).to.equal(address);
    await session.leave();
    const again = await openWith(wallet);
    expect(again.signer.address).to.equal(session.signer.address);
    expect(asked).to.deep.equal({ signatures: 1, transactions: 0 });
    expect((await listSessions()).map(({ signer }) => signer)).to.include(session.signer.address);
  });

  it("open with a signature and one transaction by permit, and with two transactions elsewhere", async () => {
    for (const [permit, expected] of [
      [true, { signatures: 1, transactions: 1 }],
      [false, { signatures: 0, transactions: 2 }],
    ] as const) {
      const { asked, wallet } = await newWallet();
      await openWith(wallet, { deployment: without(permit) });
      expect(asked).to.deep.equal(expected);
    }
  });

  it("give back everything but what was verified, with one confirmation", async () => {
    const { address, asked, wallet } = await newWallet();
    const session = await openWith(wallet);
    const { deployment, publicClient } = stage.local;
    const earned = async (): Promise<bigint> => {
      const { balance, fees } = await readEarnings(publicClient, { deployment, payee: relay.account.address });
      return balance + fees;
    };
    const before = await earned();
    await watch(session, 6);
    const { done, plan, withdrawn } = await session.close();
    expect(asked).to.deep.equal({ signatures: 1, transactions: 1 });
    expect(
      done,
      JSON.stringify(plan, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value)),
    ).to.equal(true);
    const cost = (await earned()) - before;
    expect(cost > 0n).to.equal(true);
    expect(withdrawn).to.equal(AMOUNT - cost);
    expect(await tokensOf(address)).to.equal(withdrawn);
    expect((await listSessions()).map(({ signer }) => signer)).not.to.include(session.signer.address);
    expect(await errorCode(session.viewer({ publisher: address, name: "x", manifest: "/x.json" }))).to.equal(
      "session-in-use",
    );
  });

  it("let tabs watch at once on channels of their own, within one budget", async () => {
    const { wallet } = await newWallet();
    const budget = parseEther("0.006");
    const [one, two] = [await openWith(wallet, { budget }), await openWith(wallet, { budget })];
    expect(one.signer.address).to.equal(two.signer.address);
    const results = await Promise.allSettled([watch(one, 13), watch(two, 13)]);
    const { left, reserved, spent } = await one.balance();
    expect(reserved + spent + left).to.equal(budget);
    expect(results.length).to.equal(2);
    await two.leave();
    const closed = await one.close();
    expect(closed.done).to.equal(true);
    expect(AMOUNT - closed.withdrawn <= budget).to.equal(true);
  });

  it("go on in a new channel when the relay has closed the last, in the same tab and after a reload", async () => {
    const { wallet } = await newWallet();
    let session = await openWith(wallet);
    const channels = new Set<Hex | undefined>();
    for (const reload of [false, true, false]) {
      const channel = (await watch(session, 6)) ?? "0x";
      await becomesClosed(channel);
      channels.add(channel);
      if (!reload) continue;
      await session.leave();
      session = await openWith(wallet);
    }
    expect(channels.size).to.equal(3);
    const { reserved, spent } = await eventually("the ledger knows that all are closed", async () => {
      await session.leave();
      session = await openWith(wallet);
      const balance = await session.balance();
      return balance.reserved === 0n ? balance : undefined;
    });
    expect(reserved).to.equal(0n);
    expect((await session.close()).withdrawn).to.equal(AMOUNT - spent);
  });

  it("give back funding that was signed for less than a byte, and that no relay has posted", async () => {
    const { wallet } = await newWallet();
    const session = await openWith(wallet, { budget: PRICE / 2n ** 31n });
    const channel = await watch(session, 1);
    expect(channel).to.not.equal(undefined);
    expect((await session.balance()).left).to.equal(0n);
    const { done, withdrawn } = await session.close();
    expect({ done, withdrawn }).to.deep.equal({ done: true, withdrawn: AMOUNT });
  });

  it("raise their limits by the wallet alone", async () => {
    const { asked, wallet } = await newWallet("0");
    const low = { budget: 5n, budgetPerHour: 3n, maxPricePerGiB: PRICE };
    const session = await openWith(wallet, low);
    await session.leave();
    const greedy = await openWith(wallet, { budget: AMOUNT, maxPricePerGiB: 2n * PRICE });
    expect(greedy.limits).to.deep.equal(low);
    await greedy.raiseLimits({ budget: 9n, maxPricePerGiB: PRICE });
    expect(asked).to.deep.equal({ signatures: 2, transactions: 0 });
    expect(greedy.limits).to.deep.equal({ budget: 9n, budgetPerHour: undefined, maxPricePerGiB: PRICE });
  });

  it("are found and emptied without their keys, from anywhere", async () => {
    const { address, wallet } = await newWallet();
    const session = await openWith(wallet);
    await openChannel(wallet, session.signer.address);
    await session.leave();
    const { deployment } = stage.local;
    const first = await recoverAccounts({ wallet, deployment });
    expect(first.done).to.equal(false);
    expect(first.plan.later.length).to.equal(1);
    expect(first.withdrawn).to.equal(AMOUNT - BUDGET / 2n);
    await stage.local.sleep(3_601);
    const second = await recoverAccounts({ wallet, deployment });
    expect(second.done).to.equal(true);
    expect(second.withdrawn).to.equal(BUDGET / 2n);
    expect(await tokensOf(address)).to.equal(AMOUNT);
  });

  it("count every token once while a relay closes their channel", async () => {
    const { deployment, publicClient } = stage.local;
    const { owner, signer } = await stage.openPayer();
    const channel = await openChannel(stage.local.wallet(owner), signer.address);
    const payee = stage.local.wallet(PAYEE);
    let isClosing = true;
    const transport = custom({
      request: async (asked: { readonly method: string }): Promise<unknown> => {
        const result: unknown = await publicClient.request(asked as never);
        if (isClosing && asked.method === "eth_getLogs") {
          isClosing = false;
          await closeSync(payee, { deployment, channel, minSettledBytes: 0n });
        }
        return result;
      },
    });
    const client = createPublicClient({ chain: publicClient.chain, transport });
    const { balance, closed, open: left } = await readSessionMoney(client, deployment, signer.address, 0);
    expect({ isClosing, left, closed }).to.deep.equal({ isClosing: false, left: [], closed: [channelId(channel)] });
    expect(balance).to.equal(BUDGET);
  });

  it("ask for what they need by name", async () => {
    const { wallet } = await newWallet("0");
    expect(await errorCode(openWith(wallet, { amount: 0n }))).to.equal("malformed-message");
    expect(await errorCode(openWith(wallet, { name: "a/b" }))).to.equal("malformed-message");
    expect(await errorCode(openWith(wallet, { relays: ["http://relay.example"] }))).to.equal("malformed-message");
    const nobody = { request: async () => Promise.reject(Object.assign(new Error("no"), { code: 4001 })) };
    expect(
      await errorCode(
        openSession({ wallet: nobody, deployment: stage.local.deployment, relays: [], amount: 1n, maxPricePerGiB: 1n }),
      ),
    ).to.equal("request-declined");
  });
});
