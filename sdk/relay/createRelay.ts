import { createSecretKey } from "node:crypto";
import { domainSeparator, paymentChannelsDomain, privateKeySigner, setKeccak256, WeirError } from "../core/index.ts";
import { loadFastKeccak256 } from "../internal/fastKeccak256.ts";
import { loadFastSecp256k1 } from "../internal/nativeSecp256k1.ts";
import { accelerator } from "./accel/accelerator.ts";
import { addressLimits } from "./addressLimits.ts";
import { openChannels } from "./channels.ts";
import { openChainHealth } from "./chainHealth.ts";
import type { ChainHealth } from "./chainHealth.ts";
import { openChallenges } from "./challenges.ts";
import { openChainEras } from "./chain/chainEras.ts";
import { openCollector } from "./chain/collector.ts";
import type { Collector } from "./chain/collector.ts";
import { openDepositCarrier } from "./chain/depositCarrier.ts";
import { readUnsettled } from "./chain/unsettled.ts";
import type { Unsettled } from "./chain/unsettled.ts";
import { openWatcher } from "./chain/watcher.ts";
import { openDeniedPayers } from "./deniedPayers.ts";
import { openDiskCache } from "./media/diskCache.ts";
import type { DiskCache } from "./media/diskCache.ts";
import { freeAllowance } from "./media/freeAllowance.ts";
import { playlistCache } from "./media/playlistCache.ts";
import { servedStream } from "./media/servedStream.ts";
import type { ServedStream } from "./media/servedStream.ts";
import { verifiedCache } from "./media/verifiedCache.ts";
import { openPresence } from "./presence.ts";
import { notStarted, openReadiness } from "./readiness.ts";
import type { Readiness } from "./readiness.ts";
import { recurring } from "./recurring.ts";
import type { Recurring } from "./recurring.ts";
import type { RelayContext } from "./relayContext.ts";
import { relayHandler } from "./relayHandler.ts";
import type { RelayHandler } from "./relayHandler.ts";
import { resolveOptions } from "./relayOptions.ts";
import type { RelayConfig, RelayOptions } from "./relayOptions.ts";
import { relayOffers, relayTerms } from "./relayTerms.ts";
import { respondProblem } from "./routes/respond.ts";
import { tokenBuckets } from "./tokenBuckets.ts";

/** What a relay's process knows of itself without asking anybody. */
export interface RelayVitals {
  readonly started: boolean;
  /** Bytes of verified resources in memory. */
  readonly cachedBytes: number;
  /** Bytes that the cache on disk takes, of all relays that share it; absent without one. */
  readonly diskBytes?: number;
  /** Whether it is this process that collects, of all that share its store. */
  readonly collects: boolean;
  /** When the chain was last looked at without an error, in seconds since the epoch; absent before the first look. */
  readonly chainSeenAt?: number;
}

/** How a relay is doing. */
export interface RelayStatus extends RelayVitals {
  /** Channels with a session that was used lately. */
  readonly sessions: number;
  /** Transactions whose outcome is not known yet. */
  readonly transactions: number;
  /** The last block that was looked at; absent before the first look. */
  readonly block?: number;
}

/** A relay: serves streams to viewers who pay for what they verified. */
export interface Relay {
  /** Answers one HTTP request. The servers of this package call it, and so can anything that speaks the Fetch API. */
  readonly fetch: RelayHandler;
  /**
   * Opens the store, checks keys and contracts against the chain, takes up what the last process left, and begins to
   * follow the chain and to collect.
   *
   * @throws WeirError saying what is wrong and how to cure it
   */
  readonly start: () => Promise<void>;
  /** Stops following and collecting, and closes the store. End the HTTP server first. */
  readonly stop: () => Promise<void>;
  readonly status: () => Promise<RelayStatus>;
  /**
   * What it holds and has not settled, by its own rules.
   *
   * @param patienceMs milliseconds after which a silent node counts as one that cannot be reached
   * @throws WeirError `storage-failed` unless it runs, `malformed-message` if it was given nothing to collect with
   */
  readonly unsettled: (patienceMs?: number) => Promise<Unsettled>;
  readonly vitals: () => RelayVitals;
  /** Whether it can serve viewers and keep what they pay, and what is missing if not. Never rejects. */
  readonly readiness: () => Promise<Readiness>;
}

interface Running {
  readonly fetch: RelayHandler;
  readonly context: RelayContext;
  readonly jobs: readonly Recurring[];
  readonly collector: Collector | undefined;
  readonly chainHealth: ChainHealth;
  readonly disk: DiskCache | undefined;
  readonly readiness: () => Promise<Readiness>;
}

/** Milliseconds between two looks for sessions of payers that were denied meanwhile. */
const DENIED_MS = 15_000;

/** Milliseconds between two looks for processes on the same store that are gone. */
const PRESENCE_MS = 5_000;

/** Seconds after the last token ran out until a session counts as over. */
const IDLE_GRACE_SECONDS = 300;

/**
 * A relay. Nothing happens before `start`.
 *
 * @throws WeirError `malformed-message` that names the option which is wrong and says what it must be
 * @example
 * const relay = createRelay({ deployment, payee, agent, pricePerGiB, gracePeriod: 86_400, publicUrl, streams, store, chain });
 * await relay.start();
 */
export function createRelay(options: RelayOptions): Relay {
  const config = resolveOptions(options);
  const { cache, logger, store } = config;
  let running: Running | undefined;

  const vitals = (): RelayVitals => {
    if (running === undefined) return { started: false, cachedBytes: 0, collects: false };
    const chainSeenAt = running.chainHealth.seenAt();
    const diskBytes = running.disk?.size();
    return {
      started: true,
      cachedBytes: running.context.cache.size(),
      ...(diskBytes === undefined ? {} : { diskBytes }),
      collects: running.collector?.leads() === true,
      ...(chainSeenAt === undefined ? {} : { chainSeenAt }),
    };
  };

  return {
    async fetch(request, info) {
      if (running === undefined) {
        return respondProblem(new WeirError("storage-failed", "the relay is not started"), { retryAfter: 1 });
      }
      return running.fetch(request, info);
    },
    async start() {
      if (running !== undefined) return;
      await store.start();
      let disk: DiskCache | undefined;
      try {
        if (cache !== undefined) disk = await openDiskCache({ ...cache, logger });
        running = await run(config, disk);
      } catch (error) {
        await disk?.close();
        await store.stop();
        throw error;
      }
    },
    async stop() {
      if (running === undefined) return;
      const { jobs, collector, disk } = running;
      running = undefined;
      await Promise.all(jobs.map(async (job) => job.stop()));
      await collector?.stop();
      await disk?.close();
      await store.stop();
    },
    async unsettled(patienceMs = 10_000) {
      if (running === undefined) throw new WeirError("storage-failed", "the relay is not started");
      const { collect, policy, clock } = config;
      if (collect === undefined) throw new WeirError("malformed-message", "the relay was given no option collect");
      return readUnsettled({ store, collect, policy, clock }, patienceMs);
    },
    readiness: async () => (running === undefined ? notStarted : running.readiness()),
    vitals,
    async status() {
      if (running === undefined) return { ...vitals(), sessions: 0, transactions: 0 };
      const [sessions, transactions, block] = await Promise.all([
        store.listChannels({ type: "idle", before: Number.MAX_SAFE_INTEGER }),
        store.transactions(),
        store.highest("watched block"),
      ]);
      return {
        ...vitals(),
        sessions: sessions.length,
        transactions: transactions.filter(({ mined }) => mined === undefined).length,
        ...(block === undefined ? {} : { block: Number(block) }),
      };
    },
  };
}

async function run(config: RelayConfig, disk: DiskCache | undefined): Promise<Running> {
  const { deployment, payee, agentAddress, store, collect, policy, limits, logger, emit, clock } = config;
  setKeccak256(await loadFastKeccak256());
  const { backend, native, reason } = await loadFastSecp256k1();
  if (!native) logger.warn({ err: reason }, "no native secp256k1: receipts are checked some thirty times slower");
  await config.chain.verify({ payee, agent: agentAddress });
  const eras = await openChainEras(config.chain, store);
  const { chain } = eras;

  const domain = domainSeparator(paymentChannelsDomain(deployment));
  let collectNow = (): void => undefined;
  const channels = openChannels({
    store,
    env: { domain, policy, secp256k1: backend },
    clock,
    emit,
    onCollect: () => {
      collectNow();
    },
    maxCached: limits.cachedChannels,
  });
  const presence = openPresence({ store, channels, clock });
  await presence.look();

  const streams = config.streams.map((stream) =>
    servedStream(stream, {
      sequences: {
        seen: async (streamId) => store.highest(`sequence ${streamId}`),
        raise: async (streamId, sequence) => store.raise(`sequence ${streamId}`, sequence),
      },
      clock,
      logger,
      emit,
      reloadSeconds: limits.reloadSeconds,
      disk,
    }),
  );
  await loadStreams(config, streams);

  const terms = relayTerms(config);
  const { deposits } = config;
  const carrier =
    deposits === undefined
      ? undefined
      : openDepositCarrier(deposits, () => {
          collectNow();
        });
  const context: RelayContext = {
    deployment,
    payee,
    agent: typeof config.agent === "string" ? privateKeySigner(config.agent, backend) : config.agent,
    terms,
    offers: relayOffers(config),
    deposits: deposits === undefined || carrier === undefined ? undefined : { carrier, limits: deposits },
    domain,
    secp256k1: backend,
    tokenSecret: createSecretKey(await store.secret("session tokens")),
    channels,
    challenges: openChallenges({
      secret: await store.secret("challenges"),
      realm: terms.realm,
      seconds: limits.challengeSeconds,
      store,
      clock,
    }),
    deniedPayers: openDeniedPayers({ store, channels, clock, logger }),
    chain,
    streams,
    cache: verifiedCache({ maxBytes: limits.cacheBytes, emit, disk }),
    playlists: playlistCache(),
    accelerator: accelerator(config.accel),
    allowance: freeAllowance(limits.freeBytesPerMinute, clock),
    presence,
    addresses: addressLimits({ limits, clock }),
    receiptRate: tokenBuckets({
      perSecond: limits.receiptsPerSecond,
      burst: 2 * limits.receiptsPerSecond,
      most: limits.cachedChannels,
    }),
    limits,
    clock,
    logger,
    emit,
  };

  const watcher = openWatcher({ eras, channels, store, payee, clock, logger, emit });
  const chainHealth = openChainHealth({ clock, emit });
  const jobs = [
    recurring("watching the chain", limits.watchMs, config, async () => chainHealth.during(watcher.look)),
    recurring("ending sessions of denied payers", DENIED_MS, config, context.deniedPayers.sweep),
    recurring("ending idle sessions", limits.sweepMs, config, async () => endIdleSessions(context, config)),
  ];
  if (store.shared) jobs.push(recurring("looking after other processes", PRESENCE_MS, config, presence.look));
  let collector: Collector | undefined;
  if (collect !== undefined) {
    const onCall = (): void => {
      collecting.soon();
    };
    const parts = { deployment, chain, collect, policy, channels, store, watcher, clock, logger, emit, carrier };
    const opened = openCollector({ ...parts, onCall });
    const collecting = recurring("collecting", limits.collectMs, config, async () => opened.round());
    collectNow = () => {
      collecting.soon();
      opened.call();
    };
    jobs.push(collecting);
    collector = opened;
  }
  const readiness = openReadiness({ store, chainHealth, streams, clock, logger, watchMs: limits.watchMs });
  return { fetch: relayHandler(context), context, disk, jobs, collector, chainHealth, readiness };
}

/** An origin that is down when the relay starts may be up a moment later; a wrong publisher will not cure itself. */
async function loadStreams({ logger }: RelayConfig, streams: readonly ServedStream[]): Promise<void> {
  for (const stream of streams) {
    try {
      await stream.catalogue();
    } catch (error) {
      if (!WeirError.is(error, "origin-unavailable") && !WeirError.is(error, "not-found")) throw error;
      logger.warn({ path: stream.config.path, err: error }, "a stream has no manifest yet");
    }
  }
}

async function endIdleSessions(
  { addresses, channels, clock, limits }: RelayContext,
  { store }: RelayConfig,
): Promise<void> {
  addresses.sweep();
  const before = clock() - limits.tokenSeconds - IDLE_GRACE_SECONDS;
  const idle = await store.listChannels({ type: "idle", before });
  await Promise.all(
    idle.map(async ({ state }) =>
      channels.step(state.id, ({ session, transfers }) =>
        session === undefined || transfers.length > 0 ? undefined : { type: "end", session, now: clock() },
      ),
    ),
  );
}
