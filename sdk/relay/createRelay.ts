import { createSecretKey } from "node:crypto";
import { domainSeparator, paymentChannelsDomain, privateKeySigner, setKeccak256, WeirError } from "../core/index.ts";
import { loadFastKeccak256 } from "../internal/fastKeccak256.ts";
import { loadFastSecp256k1 } from "../internal/nativeSecp256k1.ts";
import { openChannels } from "./channels.ts";
import { openChallenges } from "./challenges.ts";
import { openCollector } from "./chain/collector.ts";
import type { Collector } from "./chain/collector.ts";
import { openWatcher } from "./chain/watcher.ts";
import { freeAllowance } from "./media/freeAllowance.ts";
import { servedStream } from "./media/servedStream.ts";
import type { ServedStream } from "./media/servedStream.ts";
import { verifiedCache } from "./media/verifiedCache.ts";
import { openPresence } from "./presence.ts";
import { recurring } from "./recurring.ts";
import type { Recurring } from "./recurring.ts";
import type { RelayContext } from "./relayContext.ts";
import { relayHandler } from "./relayHandler.ts";
import type { RelayHandler } from "./relayHandler.ts";
import { resolveOptions } from "./relayOptions.ts";
import type { RelayConfig, RelayOptions } from "./relayOptions.ts";
import { relayTerms } from "./relayTerms.ts";
import { respondProblem } from "./routes/respond.ts";

/** How a relay is doing. */
export interface RelayStatus {
  readonly started: boolean;
  /** Channels with a session that was used lately. */
  readonly sessions: number;
  /** Bytes of verified resources in memory. */
  readonly cachedBytes: number;
  /** Transactions whose outcome is not known yet. */
  readonly transactions: number;
  /** Whether it is this process that collects, of all that share its store. */
  readonly collects: boolean;
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
}

interface Running {
  readonly fetch: RelayHandler;
  readonly context: RelayContext;
  readonly jobs: readonly Recurring[];
  readonly collector: Collector | undefined;
}

/** Milliseconds between two looks for sessions that nobody uses any more. */
const SWEEP_MS = 60_000;

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
  const { store } = config;
  let running: Running | undefined;

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
      try {
        running = await run(config);
      } catch (error) {
        await store.stop();
        throw error;
      }
    },
    async stop() {
      if (running === undefined) return;
      const { jobs, collector } = running;
      running = undefined;
      await Promise.all(jobs.map(async (job) => job.stop()));
      await collector?.stop();
      await store.stop();
    },
    async status() {
      if (running === undefined)
        return { started: false, sessions: 0, cachedBytes: 0, transactions: 0, collects: false };
      const [sessions, transactions, block] = await Promise.all([
        store.listChannels({ type: "idle", before: Number.MAX_SAFE_INTEGER }),
        store.transactions(),
        store.highest("watched block"),
      ]);
      return {
        started: true,
        sessions: sessions.length,
        cachedBytes: running.context.cache.size(),
        transactions: transactions.length,
        collects: running.collector?.leads() === true,
        ...(block === undefined ? {} : { block: Number(block) }),
      };
    },
  };
}

async function run(config: RelayConfig): Promise<Running> {
  const { deployment, payee, agentAddress, store, chain, collect, policy, limits, logger, clock } = config;
  setKeccak256(await loadFastKeccak256());
  const { backend, native, reason } = await loadFastSecp256k1();
  if (!native) logger.warn({ err: reason }, "no native secp256k1: receipts are checked some thirty times slower");
  await chain.verify({ payee, agent: agentAddress });

  const domain = domainSeparator(paymentChannelsDomain(deployment));
  let collectNow = (): void => undefined;
  const channels = openChannels({
    store,
    env: { domain, policy, secp256k1: backend },
    clock,
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
      reloadSeconds: limits.reloadSeconds,
    }),
  );
  await loadStreams(config, streams);

  const terms = relayTerms(config);
  const context: RelayContext = {
    deployment,
    payee,
    agent: typeof config.agent === "string" ? privateKeySigner(config.agent, backend) : config.agent,
    terms,
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
    chain,
    streams,
    cache: verifiedCache(limits.cacheBytes),
    allowance: freeAllowance(limits.freeBytesPerMinute, clock),
    presence,
    limits,
    clock,
    logger,
  };

  const watcher = openWatcher({ chain, channels, store, payee, clock, logger });
  const jobs = [
    recurring("watching the chain", limits.watchMs, logger, async () => watcher.look()),
    recurring("ending idle sessions", SWEEP_MS, logger, async () => endIdleSessions(context, config)),
  ];
  if (store.shared) jobs.push(recurring("looking after other processes", PRESENCE_MS, logger, presence.look));
  let collector: Collector | undefined;
  if (collect !== undefined) {
    const onCall = (): void => {
      collecting.soon();
    };
    const parts = { deployment, chain, collect, policy, channels, store, watcher, clock, logger };
    const opened = openCollector({ ...parts, onCall });
    const collecting = recurring("collecting", limits.collectMs, logger, async () => opened.round());
    collectNow = () => {
      collecting.soon();
      opened.call();
    };
    jobs.push(collecting);
    collector = opened;
  }
  return { fetch: relayHandler(context), context, jobs, collector };
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

async function endIdleSessions({ channels, clock, limits }: RelayContext, { store }: RelayConfig): Promise<void> {
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
