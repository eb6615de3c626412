import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { formatEther, parseEther } from "viem";
import { generatePrivateKey } from "viem/accounts";
import { privateKeySigner } from "../../sdk/core/index.ts";
import type { SessionSigner } from "../../sdk/core/index.ts";
import { defaultRelayPolicy } from "../../sdk/exchange/index.ts";
import { listen } from "../../sdk/servers/index.ts";
import { relayPart } from "../demo/cast.ts";
import type { Behaviour } from "../demo/cast.ts";
import { startRelay } from "../demo/relays.ts";
import type { RelayTask, RunningRelay } from "../demo/relays.ts";
import { startLocalDeployment } from "../local/localDeployment.ts";
import type { LocalDeployment } from "../local/localDeployment.ts";
import { startTracker } from "../local/tracker.ts";
import { buildPlayer } from "./buildPlayer.ts";
import { playerPage } from "./playerPage.ts";
import { publishStreams } from "./streams.ts";

/** What can be chosen. */
export interface ShowcaseOptions {
  /** Port of the player page; any free one if left out. */
  readonly port?: number;
  /** Whether to encode and offer the film; on if left out. The test card is offered in any case. */
  readonly withFilm?: boolean;
  /** Bytes that each relay serves before it is paid; the protocol's default if left out. */
  readonly baseCredit?: bigint;
  /** Hears what is going on, one line at a time. */
  readonly onLine: (line: string) => void;
}

/** A player page with everything behind it, on this machine alone. */
export interface Showcase {
  readonly playerUrl: string;
  /** The page of the first relay's operator. */
  readonly operatorUrl: string;
  readonly local: LocalDeployment;
  /** Who signed the streams. */
  readonly publisher: SessionSigner;
  readonly relays: readonly RunningRelay[];
  /** Ends everything that was started, and removes what it wrote. */
  readonly stop: () => Promise<void>;
}

/** The cheapest is asked first, so that what it does is soon seen. */
const RELAYS: readonly (readonly [name: string, behaviour: Behaviour, pricePerGiB: bigint])[] = [
  ["Alder", "honest", parseEther("2")],
  ["Birch", "honest", parseEther("2")],
  ["Cedar (corrupt)", "corrupting", parseEther("1.5")],
];

const MAX_PRICE_PER_GIB = parseEther("5");
const BUDGET = parseEther("0.5");
/** What the faucet gives: tokens for many sessions, and coin for the few transactions of a wallet. */
const GIFT = parseEther("10");
const GAS_GIFT = parseEther("0.1");
/** Wallets without coin: relays send what they signed, however little it is. */
const DEPOSITS = { minAmount: parseEther("0.0001"), perHour: 600, perHourAndClient: 60 };
const OWN_STAKE = parseEther("1000");
/** The relays' estimate of what gas costs them: so little that they settle while somebody watches. */
const TOKEN_PER_ETHER = parseEther("0.01");
const FEE_BPS = 100;

/** Starts a chain, a publisher, three relays and the player page, all on loopback. */
export async function startShowcase(options: ShowcaseOptions): Promise<Showcase> {
  const { baseCredit = defaultRelayPolicy.baseCredit, onLine, port = 0, withFilm = true } = options;
  const folder = await mkdtemp(path.join(tmpdir(), "weir-serve-"));
  const closers: (() => Promise<unknown>)[] = [async () => rm(folder, { recursive: true, force: true })];
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    const local = await startLocalDeployment({ feeBps: FEE_BPS });
    closers.push(async () => local.stop());
    const { deployment } = local;
    onLine(`chain      a local chain (id ${deployment.chainId}) at ${local.anvil.url}`);

    const tracker = await startTracker();
    closers.push(tracker.stop);
    onLine(`tracker    introduces viewers to each other at ${tracker.url}`);

    const publisher = privateKeySigner(generatePrivateKey());
    const media = path.join(folder, "media");
    const { posters, streams } = await publishStreams({ folder: media, publisher, withFilm, onLine });

    const task: Omit<RelayTask, "pricePerGiB"> = {
      ...{ deployment, stake: OWN_STAKE, commissionBps: 0, folder },
      tokenPerEther: TOKEN_PER_ETHER,
      streams: streams.map(({ name }) => ({
        path: `/${name}/`,
        source: path.join(media, name),
        publisher: publisher.address,
      })),
      baseCredit,
      corruptEvery: 3,
      deposits: DEPOSITS,
    };
    const relays: RunningRelay[] = [];
    for (const [name, behaviour, pricePerGiB] of RELAYS) {
      const part = relayPart(name, behaviour);
      for (const { address } of [part.operator, part.agent]) {
        await local.testClient.setBalance({ address, value: parseEther("1") });
      }
      const relay = await startRelay(local, part, { ...task, pricePerGiB, hasAdmin: relays.length === 0 });
      closers.push(relay.stop);
      relays.push(relay);
      onLine(`relay      ${name} serves at ${relay.url}`);
    }
    const operatorUrl = relays[0]?.adminUrl;
    if (operatorUrl === undefined) throw new Error("the first relay has no operator's page");

    const built = path.join(folder, "player");
    await buildPlayer(built);
    const server = await listen({ port });
    let minting = Promise.resolve();
    closers.push(async () => server.stop());
    server.serve(
      playerPage({
        folder: built,
        posters,
        config: {
          ...{ deployment, streams, rpc: local.anvil.url, faucet: "faucet", operatorPage: operatorUrl },
          relays: relays.map(({ part, url }) => ({ origin: url, name: part.name })),
          peers: { trackers: [tracker.url], iceServers: [] },
          ...{ budget: formatEther(BUDGET), maxPricePerGiB: formatEther(MAX_PRICE_PER_GIB) },
        },
        async give(address, what) {
          if (what === "tokens") {
            // One after the other: they come from one account, whose transactions are numbered.
            const minted = minting.then(async () => local.mint(address, GIFT));
            minting = minted.catch(() => undefined);
            return minted;
          }
          const held = await local.publicClient.getBalance({ address });
          if (held < GAS_GIFT) await local.testClient.setBalance({ address, value: GAS_GIFT });
        },
      }),
    );
    return { playerUrl: server.url, operatorUrl, local, publisher, relays, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
