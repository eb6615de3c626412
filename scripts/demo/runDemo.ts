import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { serveStatic } from "@hono/node-server/serve-static";
import { Hono } from "hono";
import { parseEther } from "viem";
import type { Address } from "../../sdk/core/index.ts";
import { publishFolder } from "../../sdk/publisher/node/index.ts";
import { listen } from "../../sdk/servers/index.ts";
import { startLocalDeployment } from "../local/localDeployment.ts";
import type { LocalDeployment } from "../local/localDeployment.ts";
import { makeCast } from "./cast.ts";
import type { Cast } from "./cast.ts";
import { closedChannels } from "./closedChannels.ts";
import { delegateTo, distributeAndLeave } from "./delegation.ts";
import { composeReport } from "./composeReport.ts";
import { defaultAssumptions } from "./costs.ts";
import type { CostAssumptions } from "./costs.ts";
import type { DemoReport } from "./demoReport.ts";
import { enlistOperator } from "./operators.ts";
import { startRelay } from "./relays.ts";
import type { RunningRelay } from "./relays.ts";
import { startReporters } from "./reporters.ts";
import { openViewerAccount, watch } from "./viewers.ts";
import type { ViewerTask } from "./viewers.ts";
import { payOneself, profitOf } from "./washTrading.ts";
import { withdrawAll } from "./withdrawAll.ts";

/** What can be chosen. */
export interface DemoOptions {
  readonly viewers: number;
  /** Playback speed. */
  readonly speed: number;
  readonly assumptions?: CostAssumptions;
  /** Hears what is going on, one line at a time. */
  readonly onLine: (line: string) => void;
  /** Hears how far each viewer is, as shares of the stream. */
  readonly onProgress: (loaded: readonly number[]) => void;
}

const MEDIA = fileURLToPath(new URL("../../test/media/testcard/", import.meta.url));
const STREAM = "testcard";
const FEE_BPS = 100;
/** A title of half a megabyte must be worth a transaction: a thousand times what video costs. */
const PRICE_PER_GIB = parseEther("20");
const BUDGET = parseEther("1");
const OWN_STAKE = parseEther("1000");
const DELEGATED = parseEther("5000");
const COMMISSION_BPS = 1_000;
/** What somebody sells to himself. */
const WASHED = parseEther("100");
/** The relays' estimate of what gas costs them: at this rate a transaction pays for itself within the demonstration. */
const TOKEN_PER_ETHER = parseEther("0.01");

/** Between one viewer's arrival and the next one's. */
const ARRIVAL_MS = 400;

/** Runs the whole life of a stream on a chain of its own: publish, serve, watch, pay, settle, close, withdraw. */
export async function runDemo(options: DemoOptions): Promise<DemoReport> {
  const started = performance.now();
  const { onLine } = options;
  const folder = await mkdtemp(path.join(tmpdir(), "weir-demo-"));
  const cast = makeCast(options.viewers);
  const closers: (() => Promise<unknown>)[] = [async () => rm(folder, { recursive: true, force: true })];
  try {
    const local = await startLocalDeployment({ feeBps: FEE_BPS });
    closers.push(async () => local.stop());
    const { deployment } = local;
    onLine(
      `chain      a local chain (id ${deployment.chainId}) with the escrow at ${deployment.paymentChannels.address}`,
    );
    await fundWallets(local, cast);

    const media = path.join(folder, "media");
    await cp(MEDIA, path.join(media, STREAM), { recursive: true });
    const manifest = await publishFolder(path.join(media, STREAM), { signer: cast.publisher, name: STREAM });
    const origin = await listen();
    closers.push(async () => origin.stop());
    const files = new Hono().get("*", serveStatic({ root: media }));
    origin.serve(async (request) => files.fetch(request));
    onLine(
      `publisher  signed ${manifest.leaves.length} resources of “${STREAM}”; the origin serves them at ${origin.url}`,
    );

    const relays: RunningRelay[] = [];
    for (const part of cast.relays) {
      const relay = await startRelay(local, part, {
        deployment,
        streams: [{ path: `/${STREAM}/`, source: `${origin.url}/${STREAM}/`, publisher: cast.publisher.address }],
        pricePerGiB: PRICE_PER_GIB,
        stake: OWN_STAKE,
        commissionBps: COMMISSION_BPS,
        tokenPerEther: TOKEN_PER_ETHER,
        folder,
      });
      closers.push(relay.stop);
      relays.push(relay);
      onLine(`relay      ${part.name} (${part.behaviour}) registered, staked and serving at ${relay.url}`);
    }
    const [backed] = cast.relays;
    if (backed === undefined) throw new Error("there is nobody to delegate to");
    const delegator = local.wallet(cast.delegator);
    await delegateTo(local, delegator, backed.operator.address, DELEGATED, COMMISSION_BPS);
    onLine(`delegator  delegated five times as much to ${backed.name}`);
    await enlistOperator(local, cast.washTrader.operator, {
      name: "nowhere",
      pricePerGiB: PRICE_PER_GIB,
      endpoint: "https://relay.invalid",
      stake: OWN_STAKE,
      commissionBps: 0,
    });
    await payOneself(local, cast.washTrader, WASHED);
    onLine("somebody   staked as much and paid himself for bytes that nobody delivered");

    const task: ViewerTask = {
      deployment,
      publisher: cast.publisher.address,
      streamName: STREAM,
      manifest: `/${STREAM}/weir.json`,
      relays: relays.map(({ url }) => url),
      maxPricePerGiB: PRICE_PER_GIB,
      budget: BUDGET,
      speed: options.speed,
    };
    for (const viewer of cast.viewers) await openViewerAccount(local, cast, viewer, task);
    onLine(`viewers    ${cast.viewers.length} accounts opened, every second one without gas (ERC-3009)`);

    const reporters = startReporters(local, cast);
    closers.push(async () => reporters.close());
    const progress = cast.viewers.map(() => 0);
    const watchings = await Promise.all(
      cast.viewers.map(async (part, index) => {
        await sleep(index * ARRIVAL_MS);
        return watch(part, { ...task, reporter: reporters.of(part) }, (loaded, total) => {
          progress[index] = loaded / total;
          options.onProgress(progress);
        });
      }),
    );
    onLine("viewers    everybody watched to the end; the relays settle and close");
    const channels = await closedChannels(local, watchings);
    onLine(`relays     ${channels.length} channels are settled and closed; everybody withdraws`);
    const withdrawn = await withdrawAll(local, cast, relays);
    const reported = await reporters.report();
    onLine(
      `reporters  ${reported.length} of ${cast.relays.length} agents signed what is not so; their operators are slashed`,
    );
    const operators = [...cast.relays, cast.washTrader.operator];
    const delegation = { delegator, backed: backed.operator.address, delegated: DELEGATED };
    const staking = await distributeAndLeave(local, operators, delegation);
    onLine("stake      an epoch later the fees are distributed; another later everybody unbonds and leaves");
    const washTradingProfit = await profitOf(local, cast.washTrader, OWN_STAKE + WASHED);
    return await composeReport({
      ...{ local, cast, relays, watchings, channels, withdrawn, manifest, reported, staking, washTradingProfit },
      deposited: BUDGET * BigInt(cast.viewers.length),
      folder: path.join(media, STREAM),
      pricePerGiB: PRICE_PER_GIB,
      assumptions: options.assumptions ?? defaultAssumptions,
      seconds: (performance.now() - started) / 1_000,
    });
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

/** Tokens for the viewers, coins for those who send transactions. */
async function fundWallets(local: LocalDeployment, cast: Cast): Promise<void> {
  const senders: Address[] = [
    cast.sponsor.address,
    cast.delegator.address,
    cast.washTrader.viewer.owner.address,
    cast.washTrader.operator.operator.address,
    ...cast.relays.flatMap(({ operator, agent }) => [operator.address, agent.address]),
    ...cast.viewers.map(({ owner }) => owner.address),
  ];
  for (const address of senders) await local.testClient.setBalance({ address, value: parseEther("1") });
  for (const { owner } of cast.viewers) await local.mint(owner.address, BUDGET);
}
