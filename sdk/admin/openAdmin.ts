import { formatAmount, WeirError } from "../core/index.ts";
import type { Address, Deployment } from "../core/index.ts";
import type { ReadClient } from "../chain/index.ts";
import type {
  Logger,
  Readiness,
  Relay,
  RelayChain,
  RelayHandler,
  RelayListener,
  RelayRecords,
  RelayStreamOptions,
} from "../relay/index.ts";
import { activity } from "./activity.ts";
import { adminAccess, isLoopback } from "./adminAccess.ts";
import { adminHandler } from "./adminHandler.ts";
import { adminToken } from "./adminToken.ts";
import { cached } from "./cached.ts";
import { readHoldings, readStakeReading } from "./chainReadings.ts";
import { earningsHistory } from "./earningsHistory.ts";
import { readExposure } from "./exposure.ts";
import { issueBook } from "./issueBook.ts";
import { operatorApi } from "./operatorApi.ts";
import { relayMetrics } from "./relayMetrics.ts";
import type { RelayGauges } from "./relayMetrics.ts";

/** Options of `openAdmin`. */
export interface AdminOptions {
  readonly deployment: Deployment;
  readonly payee: Address;
  /** The relay's hot key. */
  readonly agent: Address;
  readonly pricePerGiB: bigint;
  readonly publicUrl: string;
  readonly streams: readonly Pick<RelayStreamOptions, "free" | "path">[];
  /** Reads the chain for balances and stake. */
  readonly client: ReadClient;
  /** The relay's own view of the chain: see `viemChain`. */
  readonly chain: Pick<RelayChain, "head">;
  /** The relay's store, to be read beside it: see `sqliteRecords` and `postgresRecords`. Started and stopped by its owner. */
  readonly records: RelayRecords;
  /** The address that it is served at. */
  readonly hostname: string;
  /** What visitors must know: at least 32 characters. Needed unless `hostname` is loopback. */
  readonly token?: string;
  /** The origin under which a proxy shows it, for example `https://admin.example`. */
  readonly origin?: string;
  /** Of this software. */
  readonly version: string;
  readonly logger: Logger;
}

/** What an operator looks at: health, metrics, a JSON API and a page. It is served on a port of its own, never the public one. */
export interface Admin {
  /** For `createRelay`: counts what happens. */
  readonly onEvent: RelayListener;
  /** Answers a request to the admin listener. */
  readonly fetch: RelayHandler;
  /** Begins to show this relay, whose store is open. */
  readonly show: (relay: Pick<Relay, "readiness" | "vitals">) => void;
  /** Shows it no longer. */
  readonly stop: () => void;
}

/** Milliseconds between two samples of what the relay does. */
const SAMPLE_MS = 10_000;
/** Milliseconds that the sums over all channels may be old when nobody looks. */
const SUMS_MS = 60_000;
/** Milliseconds that what a scrape reads may be old. */
const SCRAPE_MS = 10_000;

const UNKNOWN: Readiness = { ready: false, checks: [] };

/**
 * Opens what an operator looks at. It comes before its relay, which is given its `onEvent`.
 *
 * @throws WeirError `malformed-message` if others than this machine could reach it without a token, or the token is weak
 * @example
 * const admin = openAdmin({ deployment, payee, agent, pricePerGiB, publicUrl, streams, client, chain, records, ...rest });
 * const relay = createRelay({ ...options, onEvent: admin.onEvent });
 * await relay.start();
 * admin.show(relay);
 */
export function openAdmin(options: AdminOptions): Admin {
  const { deployment, hostname, logger, origin, pricePerGiB, records, streams, version } = options;
  if (options.token === undefined && !isLoopback(hostname)) {
    throw new WeirError("malformed-message", `${hostname} can be reached from elsewhere: the admin page needs a token`);
  }
  const clock = (): number => Math.floor(Date.now() / 1_000);
  let relay: Pick<Relay, "readiness" | "vitals"> | undefined;
  let sampling: NodeJS.Timeout | undefined;

  const exposure = cached(async () => readExposure(records));
  const holdings = cached(async () => readHoldings(options));
  const doings = activity(clock);
  const issues = issueBook(clock);

  const gauges = async (): Promise<RelayGauges> => {
    const [{ channels, sessions }, at, transactions, watched, readiness, chain] = await Promise.all([
      records.count(),
      exposure.read(SCRAPE_MS),
      records.transactions(),
      records.highest("watched block"),
      relay?.readiness() ?? UNKNOWN,
      // Without the chain the rest is still worth a scrape.
      holdings.read(SCRAPE_MS).catch(() => undefined),
    ]);
    const { cachedBytes = 0, chainSeenAt, collects = false, diskBytes } = relay?.vitals() ?? {};
    return {
      ...{ sessions, channels, unsettled: at.unsettled, unsecuredBytes: at.unsecuredBytes },
      ...{ cachedBytes, collects, transactions: transactions.filter(({ mined }) => mined === undefined).length },
      ...(watched === undefined ? {} : { watchedBlock: Number(watched) }),
      ...(diskBytes === undefined ? {} : { diskBytes }),
      ...(chainSeenAt === undefined ? {} : { chainSeenAt }),
      ...(chain === undefined
        ? {}
        : { headBlock: chain.head, agentBalance: chain.agentBalance, earnings: chain.withdrawable }),
      checks: Object.fromEntries(readiness.checks.map(({ name, ok }) => [name, ok])),
    };
  };
  const metrics = relayMetrics({ deployment, version, streams: streams.map(({ path }) => path), logger, gauges });

  const sample = async (): Promise<void> => {
    const [{ sessions }, { unsecured, unsettled }] = await Promise.all([records.count(), exposure.read(SUMS_MS)]);
    doings.sample({ sessions, unsettled, unsecured });
  };
  const sampleOrLog = (): void => {
    sample().catch((err: unknown) => {
      logger.warn({ err }, "the store could not be read for the operator's page");
    });
  };

  const api = operatorApi({
    ...{ deployment, records, holdings, exposure, issues, clock },
    relay: () => relay,
    about: {
      ...{ version, payee: options.payee, agent: options.agent, publicUrl: options.publicUrl },
      ...{ network: deployment.network, chainId: deployment.chainId, symbol: deployment.token.symbol },
      pricePerGiB: formatAmount(pricePerGiB, deployment.token.decimals),
      startedAt: clock(),
      streams: streams.map(({ path, free = false }) => ({ path, free })),
    },
    stake: cached(async () => readStakeReading(options)),
    earnings: earningsHistory(records),
    activity: doings,
  });

  const token = options.token === undefined ? {} : { token: adminToken(options.token) };
  const access = adminAccess({ hostname, clock, ...token, ...(origin === undefined ? {} : { origin }) });
  return {
    onEvent(event) {
      metrics.count(event);
      doings.note(event);
      issues.note(event);
    },
    fetch: adminHandler({ access, metrics, api, logger, readiness: async () => relay?.readiness() ?? UNKNOWN }),
    show(shown) {
      relay = shown;
      sampling = setInterval(sampleOrLog, SAMPLE_MS).unref();
      sampleOrLog();
    },
    stop() {
      relay = undefined;
      clearInterval(sampling);
    },
  };
}
