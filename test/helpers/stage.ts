import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { parseEther } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import type { PrivateKeyAccount } from "viem/accounts";
import {
  getWeirEvents,
  openAccount,
  readAccount,
  readBurned,
  readChannel,
  readEarnings,
  readOperatorStake,
  readRewards,
  readTokenBalance,
} from "../../sdk/chain/index.ts";
import { owed, privateKeySigner } from "../../sdk/core/index.ts";
import type { CollectPolicy } from "../../sdk/exchange/index.ts";
import type { Hex, SessionSigner } from "../../sdk/core/index.ts";
import { publishFolder } from "../../sdk/publisher/node/index.ts";
import { collectorWallet, createRelay, sqliteStore, viemChain } from "../../sdk/relay/index.ts";
import type { Relay, RelayOptions } from "../../sdk/relay/index.ts";
import { listen } from "../../sdk/servers/index.ts";
import { createViewer } from "../../sdk/viewer/index.ts";
import type { Viewer, ViewerOptions } from "../../sdk/viewer/index.ts";
import { findAccounts } from "../../sdk/viewer/wallet/sessionMoney.ts";
import { enlistOperator } from "../../scripts/demo/operators.ts";
import { startLocalDeployment } from "../../scripts/local/localDeployment.ts";
import type { LocalDeployment } from "../../scripts/local/localDeployment.ts";

export { eventually } from "./eventually.ts";

/** Token base units per GiB: so much that the small test stream is worth a transaction. */
export const PRICE = parseEther("20");
/** Token base units in each viewer's account. */
export const BUDGET = parseEther("1");
/** What the relays believe that 10^18 wei are worth, in token base units. */
export const TOKEN_PER_ETHER = parseEther("0.01");
export const STREAM = "testcard";
/** Segments of each rendition. */
export const SEGMENTS = 13;

const TESTCARD = fileURLToPath(new URL("../media/testcard/", import.meta.url));

/** A relay in this process. */
export interface StagedRelay {
  readonly relay: Relay;
  readonly url: string;
  /** Who is paid. */
  readonly account: PrivateKeyAccount;
  /** The agent's; the payee's own unless it is a staked operator. */
  readonly key: Hex;
  /** Its SQLite file. */
  readonly store: string;
  readonly stop: () => Promise<void>;
}

/** What may differ from relay to relay. */
export interface StagedRelayOptions extends Partial<Pick<RelayOptions, "clock" | "policy" | "collect" | "deposits">> {
  /** What differs from the default of when it collects. */
  readonly collectPolicy?: Partial<CollectPolicy>;
  /** A relay that was stopped, to start again with the same key, port and store. */
  readonly again?: StagedRelay;
  /** Token base units that the payee stakes as an operator with an agent; neither operator nor stake if left out. */
  readonly stake?: bigint;
  /** Stands between the relay and its viewers. */
  readonly tamper?: (relay: Relay["fetch"], key: Hex) => Relay["fetch"];
}

/** Someone with a session key whose account holds `BUDGET`. */
export interface StagedPayer {
  readonly owner: PrivateKeyAccount;
  readonly key: Hex;
  readonly signer: SessionSigner;
}

/** A chain, a published stream, and the means to serve and watch it. */
export interface Stage {
  readonly local: LocalDeployment;
  readonly folder: string;
  /** The folder with the stream and its manifest. */
  readonly media: string;
  readonly publisher: SessionSigner;
  startRelay(options?: StagedRelayOptions): Promise<StagedRelay>;
  openPayer(): Promise<StagedPayer>;
  viewer(payer: StagedPayer, relays: readonly string[], options?: Partial<ViewerOptions>): Viewer;
  /** Counts in a wallet that got `minted` tokens from the test and opened accounts by itself, for `expectConserved`. */
  countIn(owner: Hex, minted: bigint): void;
  /**
   * Stops the relays, then fails unless every token that was ever minted is where the books say, to the base unit.
   *
   * @param others payees that the stage did not start
   */
  expectConserved(others?: readonly Hex[]): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Sets everything up. Call `stop` when done.
 *
 * @param film folder of the stream that is published as `STREAM`; it is copied. The committed test card if left out
 */
export async function openStage(feeBps = 100, film = TESTCARD): Promise<Stage> {
  const folder = await mkdtemp(path.join(tmpdir(), "weir-stage-"));
  const local = await startLocalDeployment({ feeBps });
  const { deployment, publicClient: client } = local;
  const publisher = privateKeySigner(generatePrivateKey());
  const media = path.join(folder, STREAM);
  await cp(film, media, { recursive: true });
  await publishFolder(media, { signer: publisher, name: STREAM });
  const relays = new Set<StagedRelay>();
  const payees = new Set<Hex>();
  const stakes = new Map<Hex, bigint>();
  /** Token base units that wallets got. */
  const owners = new Map<Hex, bigint>();

  return {
    local,
    folder,
    media,
    publisher,
    async startRelay({ again, clock, policy, collect, collectPolicy = {}, deposits, stake, tamper } = {}) {
      const key = again?.key ?? generatePrivateKey();
      const agent = privateKeyToAccount(key);
      const account = again?.account ?? (stake === undefined ? agent : privateKeyToAccount(generatePrivateKey()));
      const store = again?.store ?? path.join(folder, `${account.address}.sqlite`);
      if (again === undefined) {
        for (const { address } of [account, agent]) {
          await local.testClient.setBalance({ address, value: parseEther("1") });
        }
      }
      payees.add(account.address);
      const server = await listen(again === undefined ? {} : { port: Number(new URL(again.url).port) });
      if (stake !== undefined) {
        const listing = { name: "", pricePerGiB: PRICE, endpoint: server.url, commissionBps: 0 };
        await enlistOperator(local, { operator: account, agent, agentKey: key }, { ...listing, stake });
        stakes.set(account.address, stake);
      }
      const relay = createRelay({
        deployment,
        payee: account.address,
        agent: key,
        pricePerGiB: PRICE,
        gracePeriod: 3_600,
        publicUrl: server.url,
        streams: [{ path: `/${STREAM}/`, source: media, publisher: publisher.address }],
        store: sqliteStore(store),
        chain: viemChain({ client, deployment }),
        collect: collect ?? {
          wallet: collectorWallet({ client: local.wallet(agent), deployment }),
          tokenPerEther: TOKEN_PER_ETHER,
          policy: collectPolicy,
        },
        ...(clock === undefined ? {} : { clock }),
        ...(deposits === undefined ? {} : { deposits }),
        policy: { baseCredit: 262_144n, ...policy },
        limits: { watchMs: 100, collectMs: 200 },
      });
      await relay.start();
      server.serve(tamper === undefined ? relay.fetch : tamper(relay.fetch, key));
      const staged: StagedRelay = {
        relay,
        url: server.url,
        account,
        key,
        store,
        async stop() {
          relays.delete(staged);
          await server.stop();
          await relay.stop();
        },
      };
      relays.add(staged);
      return staged;
    },
    async openPayer() {
      const key = generatePrivateKey();
      const payer = { key, signer: privateKeySigner(key), owner: privateKeyToAccount(generatePrivateKey()) };
      for (const { address } of [payer.owner, privateKeyToAccount(key)]) {
        await local.testClient.setBalance({ address, value: parseEther("1") });
      }
      await local.mint(payer.owner.address, BUDGET);
      await openAccount(local.wallet(payer.owner), { deployment, signer: payer.signer, amount: BUDGET });
      owners.set(payer.owner.address, BUDGET);
      return payer;
    },
    viewer: (payer, urls, options = {}) =>
      createViewer({
        deployment,
        signer: payer.signer,
        publisher: publisher.address,
        name: STREAM,
        manifest: `/${STREAM}/weir.json`,
        relays: urls,
        maxPricePerGiB: PRICE,
        budget: BUDGET,
        ...options,
        policy: { postBytes: 32_768n, fundBytes: 1_048_576n, ...options.policy },
      }),
    countIn(owner, minted) {
      owners.set(owner, minted);
    },
    async expectConserved(others = []) {
      // The books are read call by call: a transaction of a relay in between would show half of what it moved.
      for (const relay of [...relays]) await relay.stop();
      const { deployment: weir } = local;
      const balanceOf = async (owner: Hex): Promise<bigint> => readTokenBalance(client, { deployment, owner });
      let wallets = 0n;
      let accounts = 0n;
      let minted = 0n;
      for (const [owner, amount] of owners) {
        minted += amount;
        wallets += await balanceOf(owner);
        for (const { signer } of await findAccounts(client, deployment, owner)) {
          accounts += (await readAccount(client, { deployment, signer })).balance;
        }
      }
      let earnings = 0n;
      for (const payee of [...payees, ...others]) {
        wallets += await balanceOf(payee);
        const { balance, fees } = await readEarnings(client, { deployment, payee });
        earnings += balance + fees;
      }
      let reserved = 0n;
      for (const [channel, pricePerGiB] of await fundedChannels(local)) {
        const { deposit, settledBytes } = await readChannel(client, { deployment, channel });
        reserved += deposit - owed(settledBytes, pricePerGiB);
      }
      let staked = await readBurned(client, { deployment });
      for (const [operator, stake] of stakes) {
        const { own, ownUnbonding, delegated, delegatedUnbonding } = await readOperatorStake(client, {
          deployment,
          operator,
        });
        staked += own + ownUnbonding + delegated + delegatedUnbonding;
        minted += stake;
      }
      for (const account of [...payees, ...others, ...owners.keys()]) {
        staked += await readRewards(client, { deployment, account });
      }
      const escrow = await balanceOf(weir.paymentChannels.address);
      const stakeManager = await balanceOf(weir.stakeManager.address);
      const distributor = await balanceOf(weir.rewardsDistributor.address);
      expect(escrow, "I1").to.equal(accounts + reserved + earnings);
      expect(stakeManager, "stake").to.equal(staked);
      expect(wallets + escrow + stakeManager + distributor, "minted").to.equal(minted);
    },
    async stop() {
      for (const relay of relays) await relay.stop();
      await local.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Every channel that was ever funded, with its price. */
async function fundedChannels({ publicClient, deployment }: LocalDeployment): Promise<Map<Hex, bigint>> {
  const toBlock = await publicClient.getBlockNumber({ cacheTime: 0 });
  const events = await getWeirEvents(publicClient, { deployment, fromBlock: 0n, toBlock, eventNames: ["Funded"] });
  return new Map(events.map(({ args }) => [args.channelId, args.pricePerGiB]));
}

/** Watches a rendition of the test stream from its first segment to its last. */
export async function watchAll(viewer: Viewer, rendition = "360p"): Promise<void> {
  for (let segment = 0; segment < SEGMENTS; segment += 1) {
    const response = await viewer.fetch(`${rendition}/segment-${segment}.m4s`);
    expect(response.status).to.equal(200);
  }
}
