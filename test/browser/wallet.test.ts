import { expect } from "chai";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { parseEther, RpcRequestError } from "viem";
import type { BaseError, TypedDataDefinition } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import type { PrivateKeyAccount } from "viem/accounts";
import { getWeirEvents, readChannel, readTokenBalance } from "../../sdk/chain/index.ts";
import { owed } from "../../sdk/core/index.ts";
import type { Hex } from "../../sdk/core/index.ts";
import { servePage } from "../helpers/browserBundle.ts";
import type { PageServer } from "../helpers/browserBundle.ts";
import { launchChromium, openPage } from "../helpers/browserLaunch.ts";
import { openStage, PRICE, SEGMENTS, STREAM } from "../helpers/stage.ts";
import type { Stage, StagedRelay } from "../helpers/stage.ts";
import type { Returned, WalletAnswer, WalletPage, WalletPageOptions, Watched } from "./pages/walletPage.ts";

declare const walletPage: WalletPage;

const AMOUNT = parseEther("1");
/** Less than two tabs want for the whole stream. */
const BUDGET = parseEther("0.02");
const LARGE_STEP = 1_048_576;
const SMALL_STEP = 65_536;
/** What wallets answer without asking anybody. */
const READS: ReadonlySet<string> = new Set([
  ...["eth_blockNumber", "eth_call", "eth_chainId", "eth_estimateGas", "eth_feeHistory", "eth_gasPrice"],
  ...["eth_getBlockByNumber", "eth_getLogs", "eth_getTransactionByHash", "eth_getTransactionReceipt"],
  ...["eth_maxPriorityFeePerGas"],
]);

/** Somebody with a wallet, and what it was asked for. */
interface User {
  readonly account: PrivateKeyAccount;
  readonly asked: { connections: number; signatures: number; transactions: number; others: string[] };
  /** A browser of its own, as far as what it keeps goes. The wallet is in each. */
  readonly newProfile: () => Promise<BrowserContext>;
}

/** As EIP-1193 has it: of a call that reverts it carries why. */
function asProviderError(error: unknown): WalletAnswer {
  const known = (error as BaseError).walk((cause) => cause instanceof RpcRequestError);
  if (!(known instanceof RpcRequestError)) throw error;
  return { error: { code: known.code, message: known.details, data: known.data } };
}

describe("a wallet's session in a real browser", function () {
  this.timeout(120_000);
  let stage: Stage;
  let relays: StagedRelay[];
  let browser: Browser;
  let server: PageServer;
  const users: User[] = [];

  before(async () => {
    [stage, browser, server] = await Promise.all([
      openStage(),
      launchChromium(),
      servePage("test/browser/pages/walletPage.ts"),
    ]);
    const deposits = { minAmount: parseEther("0.1") };
    relays = [await stage.startRelay({ deposits }), await stage.startRelay({ deposits })];
  });

  after(async () => {
    await browser.close();
    await server.stop();
    await stage.stop();
  });

  const newUser = async (): Promise<User> => {
    const account = privateKeyToAccount(generatePrivateKey());
    const asked: User["asked"] = { connections: 0, signatures: 0, transactions: 0, others: [] };
    await stage.local.mint(account.address, AMOUNT);
    stage.countIn(account.address, AMOUNT);
    /** What a wallet extension does: asks its user, or passes the question on to a node. */
    const answer = async (method: string, params: readonly unknown[]): Promise<unknown> => {
      switch (method) {
        case "eth_accounts":
          return asked.connections > 0 ? [account.address] : [];
        case "eth_requestAccounts":
          asked.connections++;
          return [account.address];
        case "eth_signTypedData_v4":
          asked.signatures++;
          return account.signTypedData(JSON.parse(String(params[1])) as TypedDataDefinition);
        case "eth_sendTransaction": {
          asked.transactions++;
          const { data, to } = params[0] as { readonly data: Hex; readonly to: Hex };
          return stage.local.wallet(account).sendTransaction({ chain: null, data, to });
        }
        default:
          if (!READS.has(method)) asked.others.push(method);
          return stage.local.publicClient.request({ method, params } as never);
      }
    };
    const user: User = {
      account,
      asked,
      async newProfile() {
        const context = await browser.newContext();
        await context.exposeFunction("askWallet", async (method: string, params: readonly unknown[]) =>
          answer(method, params).then((result) => ({ result }), asProviderError),
        );
        return context;
      },
    };
    users.push(user);
    return user;
  };

  const openTab = async (context: BrowserContext): Promise<Page> => (await openPage(context, server.url)).page;

  const openSession = async (page: Page, more: Partial<WalletPageOptions> = {}): Promise<string> =>
    page.evaluate(async (options) => walletPage.open(options), {
      ...{ deployment: stage.local.deployment, relays: relays.map(({ url }) => url) },
      ...{ amount: String(AMOUNT), budget: String(AMOUNT), maxPricePerGiB: String(PRICE), ...more },
    });

  const watch = async (page: Page, segments: readonly number[], fundBytes = LARGE_STEP): Promise<Watched> =>
    page.evaluate(async ([stream, names]) => walletPage.watch(stream, names), [
      { publisher: stage.publisher.address, name: STREAM, fundBytes },
      segments.map((segment) => `360p/segment-${segment}.m4s`),
    ] as const);

  const tokens = async ({ account }: User): Promise<bigint> =>
    readTokenBalance(stage.local.publicClient, { deployment: stage.local.deployment, owner: account.address });

  /** What an account paid relays, once it has no open channel left. */
  const costOf = async (signer: string): Promise<bigint> => {
    const { deployment, publicClient } = stage.local;
    let cost = 0n;
    for (const channel of await fundedChannels(signer)) {
      const { closed, settledBytes } = await readChannel(publicClient, { deployment, channel });
      expect(closed).to.equal(true);
      cost += owed(settledBytes, PRICE);
    }
    return cost;
  };

  /** Every channel that was funded from an account, by the chain. */
  const fundedChannels = async (signer: string): Promise<Hex[]> => {
    const where = { signer: signer as Hex };
    const { deployment, publicClient } = stage.local;
    const events = await getWeirEvents(publicClient, { deployment, eventNames: ["Funded"], where });
    return [...new Set(events.map(({ args }) => args.channelId))];
  };

  /** Closes the session from this tab: everything that no relay has earned is back in the wallet, for one confirmation. */
  const closeSession = async (page: Page, user: User, signer: string): Promise<bigint> => {
    const { transactions } = user.asked;
    await giveGas(user);
    const { done, withdrawn } = await page.evaluate(async () => walletPage.close());
    expect(done).to.equal(true);
    expect(user.asked.transactions - transactions).to.be.at.most(1);
    const cost = await costOf(signer);
    expect(BigInt(withdrawn)).to.equal(AMOUNT - cost);
    expect(await tokens(user)).to.equal(AMOUNT - cost);
    return cost;
  };

  const giveGas = async ({ account }: User): Promise<void> =>
    stage.local.testClient.setBalance({ address: account.address, value: parseEther("1") });

  const crash = async (page: Page): Promise<void> => {
    const protocol = await page.context().newCDPSession(page);
    const crashed = page.waitForEvent("crash");
    protocol.send("Page.crash").catch(() => undefined); // It does not live to answer.
    await crashed;
  };

  it("takes one signature and no ether, and outlives reloads and killed tabs", async () => {
    const user = await newUser();
    const profile = await user.newProfile();
    const [first, second] = [await openTab(profile), await openTab(profile)];
    const once = { connections: 1, signatures: 1, transactions: 0, others: [] };
    const one = { relays: relays.slice(0, 1).map(({ url }) => url) };
    const signer = await openSession(first, one);
    expect(user.asked).to.deep.equal(once);
    expect(await tokens(user)).to.equal(0n);
    const started = await watch(first, [0, 1, 2]);

    // In the middle of it, without a goodbye.
    await first.reload();
    expect(await openSession(first, one)).to.equal(signer);
    const resumed = await watch(first, [3, 4, 5]);
    expect(resumed.channels).to.deep.equal(started.channels);
    expect(resumed.funded, "nothing was funded twice").to.equal(started.funded);

    expect(await openSession(second, one)).to.equal(signer);
    const [again, other] = await Promise.all([watch(first, [6]), watch(second, [0, 1, 2])]);
    expect(again.channels).to.deep.equal(started.channels);
    expect(other.channels).to.not.deep.equal(started.channels);

    // While it downloads.
    const torn = watch(second, [3, 4, 5, 6]).catch(() => undefined);
    await crash(second);
    await torn;
    const third = await openTab(profile);
    expect(await openSession(third, one)).to.equal(signer);
    expect((await watch(third, [7])).channels).to.deep.equal(other.channels);
    expect(user.asked).to.deep.equal(once);
    const funded = await fundedChannels(signer);
    expect([...started.channels, ...other.channels]).to.include.members(funded);

    expect((await closeSession(first, user, signer)) > 0n).to.equal(true);
    expect(user.asked).to.deep.equal({ ...once, transactions: 1 });
    await profile.close();
  });

  it("is one for tabs that open it and watch at once, and they never overspend together", async () => {
    const user = await newUser();
    const profile = await user.newProfile();
    const tabs = [await openTab(profile), await openTab(profile)] as const;
    const limited = { budget: String(BUDGET) };
    const signers = await Promise.all(tabs.map(async (tab) => openSession(tab, limited)));
    expect(new Set(signers).size).to.equal(1);
    expect(user.asked).to.include({ connections: 1, signatures: 1, transactions: 0 });
    const all = Array.from({ length: SEGMENTS }, (_, segment) => segment);
    const watchBoth = async (): Promise<Watched[]> => Promise.all(tabs.map(async (tab) => watch(tab, all, SMALL_STEP)));
    await watchBoth();
    // What is left is asked for with all there is, also by a tab that has forgotten what it signed.
    await tabs[0].reload();
    await openSession(tabs[0], limited);
    const [one, other] = await watchBoth();
    expect([one?.code, other?.code]).to.deep.equal(["budget-exhausted", "budget-exhausted"]);
    const shared = one?.channels.filter((id) => id !== "" && other?.channels.includes(id) === true);
    expect(shared).to.deep.equal([]);
    const balance = await tabs[1].evaluate(async () => walletPage.balance());
    const [left, reserved, spent] = [BigInt(balance.left), BigInt(balance.reserved), BigInt(balance.spent)];
    expect({ left, bound: reserved + spent }).to.deep.equal({ left: 0n, bound: BUDGET });
    const { deployment, publicClient } = stage.local;
    let bound = 0n;
    for (const channel of await fundedChannels(signers[0] ?? "")) {
      const { closed, deposit, settledBytes } = await readChannel(publicClient, { deployment, channel });
      bound += closed ? owed(settledBytes, PRICE) : deposit;
    }
    expect(bound <= BUDGET, String(bound)).to.equal(true);

    const cost = await closeSession(tabs[1], user, signers[0] ?? "");
    expect(cost > 0n && cost <= BUDGET, String(cost)).to.equal(true);
    await profile.close();
  });

  it("is found and emptied by another browser when its own is lost", async () => {
    const user = await newUser();
    const lost = await user.newProfile();
    const page = await openTab(lost);
    const signer = await openSession(page);
    await watch(page, [0, 1, 2]);
    await lost.close();

    const profile = await user.newProfile();
    const elsewhere = await openTab(profile);
    await giveGas(user);
    const recover = async (): Promise<Returned> =>
      elsewhere.evaluate(async (from) => walletPage.recover(from), stage.local.deployment);
    const first = await recover();
    // Its relays may have closed their channels by themselves.
    if (!first.done) expect(first.later).to.be.greaterThan(0);
    await stage.local.sleep(3_601);
    const second = await recover();
    expect(second.done).to.equal(true);
    expect(user.asked).to.include({ connections: 1, signatures: 1 });
    const cost = await costOf(signer);
    expect(BigInt(first.withdrawn) + BigInt(second.withdrawn)).to.equal(AMOUNT - cost);
    expect(await tokens(user)).to.equal(AMOUNT - cost);
    await profile.close();
  });

  it("asks for a transaction where no relay can send the deposit: one with a permit, two without", async () => {
    for (const [permit, expected] of [
      [true, { connections: 1, signatures: 1, transactions: 1 }],
      [false, { connections: 1, signatures: 0, transactions: 2 }],
    ] as const) {
      const user = await newUser();
      await giveGas(user);
      const profile = await user.newProfile();
      const page = await openTab(profile);
      const { deployment } = stage.local;
      const token = { ...deployment.token, authorization: false, permit };
      const signer = await openSession(page, { deployment: { ...deployment, token } });
      expect(user.asked).to.include(expected);
      expect(await closeSession(page, user, signer)).to.equal(0n);
      expect(user.asked).to.include({ ...expected, transactions: expected.transactions + 1 });
      await profile.close();
    }
  });

  it("asked wallets for nothing else, and every token is where the books say", async () => {
    expect(users.flatMap(({ asked }) => asked.others)).to.deep.equal([]);
    await stage.expectConserved();
  });
});
