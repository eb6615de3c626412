import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";
import { formatAmount } from "../core/index.ts";
import type { Deployment } from "../core/index.ts";
import type { Logger, RelayEvent, RelayListener } from "../relay/index.ts";

/** What changes by itself: read when somebody scrapes. Amounts are token base units. */
export interface RelayGauges {
  /** Open sessions, of all processes on the store. */
  readonly sessions: number;
  readonly channels: number;
  /** What viewers acknowledged and no settlement collected yet. */
  readonly unsettled: bigint;
  /** Bytes that left and nobody acknowledged or paid: what the relay can lose at most. */
  readonly unsecuredBytes: bigint;
  readonly cachedBytes: number;
  /** Absent without a cache on disk. */
  readonly diskBytes?: number;
  /** Transactions whose outcome is not known. */
  readonly transactions: number;
  /** Whether this process sends them. */
  readonly collects: boolean;
  /** The last block that was looked at. */
  readonly watchedBlock?: number;
  /** The newest confirmed block. */
  readonly headBlock?: number;
  /** When the chain was last seen, in seconds since the epoch. */
  readonly chainSeenAt?: number;
  /** Wei that the agent has for gas. */
  readonly agentBalance?: bigint;
  /** What can be withdrawn from the escrow. */
  readonly earnings?: bigint;
  /** The outcome of each check of `/readyz`, by name. */
  readonly checks: Readonly<Record<string, boolean>>;
}

/** What the metrics of a relay need to know. */
export interface RelayMetricsOptions {
  readonly deployment: Pick<Deployment, "token">;
  readonly version: string;
  /** Paths of the streams that are served, so that their counters begin at zero. */
  readonly streams: readonly string[];
  readonly logger: Logger;
  /** Reads the gauges. If it fails, they are left out of the scrape, and `weir_scrape_failures_total` rises. */
  readonly gauges: () => Promise<RelayGauges>;
}

/** The metrics of one relay, in a registry of their own. */
export interface RelayMetrics {
  /** Counts what happens; for `createRelay`'s `onEvent`. */
  readonly count: RelayListener;
  readonly contentType: string;
  /** Everything in Prometheus' text format. */
  readonly scrape: () => Promise<string>;
}

/** Upper bounds in seconds: a receipt waits for the disk, a segment for the origin at worst. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Wei of one coin of the chain, as decimals. */
const COIN_DECIMALS = 18;

/**
 * The metrics of a relay. No label's values grow with viewers: streams are those of the configuration, and codes, routes,
 * reasons and limits are fixed lists. Names, units and meanings stand in docs/operating.md.
 */
export function relayMetrics({ deployment, gauges, logger, streams, version }: RelayMetricsOptions): RelayMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const tokens = (amount: bigint): number => Number(formatAmount(amount, deployment.token.decimals));

  const counter = <Label extends string = never>(
    name: string,
    help: string,
    labelNames: readonly Label[] = [],
  ): Counter<Label> => new Counter({ name: `weir_${name}`, help, labelNames, registers });
  const histogram = (name: string, help: string): Histogram =>
    new Histogram({ name: `weir_${name}`, help, buckets: BUCKETS, registers });
  const gauge = <Label extends string = never>(
    name: string,
    help: string,
    labelNames: readonly Label[] = [],
  ): Gauge<Label> => new Gauge({ name: `weir_${name}`, help, labelNames, registers });

  const sessionsOpened = counter("sessions_opened_total", "Sessions that were opened, by stream.", ["stream"]);
  const sessionsEnded = counter("sessions_ended_total", "Sessions that came to their end.");
  const refused = counter("requests_refused_total", "Requests that were answered with a problem.", ["route", "code"]);
  const transfers = counter("transfers_total", "Transfers of listed resources; complete or broken off.", [
    "stream",
    "outcome",
  ]);
  const servedBytes = counter("served_bytes_total", "Bytes of listed resources that left.", ["stream", "paid"]);
  const segmentSeconds = histogram(
    "segment_wait_seconds",
    "Time from a request for a listed resource until its first byte could leave.",
  );
  const reads = counter("resource_reads_total", "Readings of verified resources, by where they came from.", ["from"]);
  const readBytes = counter("resource_read_bytes_total", "Bytes of those readings.", ["from"]);
  const receipts = counter("receipts_total", "Receipt posts that were accepted and are on disk.");
  const receiptBytes = counter("receipted_bytes_total", "Bytes that viewers acknowledged.");
  const receiptTokens = counter("receipted_tokens_total", "What the acknowledged bytes are worth, before the fee.");
  const receiptSeconds = histogram("receipt_duration_seconds", "Time to check a receipt and write it to disk.");
  const closeRequests = counter("close_requests_total", "Viewers that asked to close their channel.");
  const sent = counter("collections_sent_total", "Transactions that collect, by why they were sent.", ["reason"]);
  const mined = counter("collections_mined_total", "Those that were mined; futile ones did nothing.", ["outcome"]);
  const replaced = counter("collections_replaced_total", "Those that were stuck and sent again for a higher fee.");
  const takenBack = counter("collections_taken_back_total", "Those that were mined and that the chain took back.");
  const atRisk = counter("closes_at_risk_total", "Times that a leaving viewer's debt could not be settled.", ["why"]);
  const failed = counter("collection_failures_total", "Rounds of collecting that failed.", ["code"]);
  const gasWaits = counter("gas_cap_waits_total", "Times that collecting began to wait for cheaper gas.");
  const originFailures = counter("origin_failures_total", "Resources or manifests that a source did not give.", [
    "stream",
    "code",
  ]);
  const storageFailures = counter("storage_failures_total", "Reads and writes of the store that failed.");
  const chainFailures = counter("chain_failures_total", "Times that the chain was lost.", ["code"]);
  const reorganisations = counter("chain_reorganisations_total", "Times that blocks which were read are no more.");
  const limitHits = counter("limit_hits_total", "Requests that a limit of the relay turned away.", ["limit"]);
  const scrapeFailures = counter("scrape_failures_total", "Scrapes that had to leave out the gauges below.");

  const sessions = gauge("sessions", "Open sessions, of all processes on the store.");
  const channels = gauge("channels", "Channels in the store.");
  const unsettled = gauge("unsettled_tokens", "What viewers acknowledged and no settlement collected yet.");
  const unsecured = gauge("unsecured_bytes", "Bytes that left and nobody acknowledged or paid.");
  const cached = gauge("cache_bytes", "Bytes of verified resources that are kept, in memory or on disk.", ["where"]);
  const transactions = gauge("transactions", "Transactions whose outcome is not known.");
  const collects = gauge("collects", "1 if this process sends the transactions, else 0.");
  const watched = gauge("watched_block", "The last block that was looked at.");
  const head = gauge("head_block", "The newest confirmed block.");
  const seen = gauge("chain_seen_timestamp_seconds", "When the chain was last seen, since the epoch.");
  const agent = gauge("agent_balance_coins", "What the agent has for gas, in the chain's own coin.");
  const earnings = gauge("earnings_tokens", "What can be withdrawn from the escrow.");
  const ready = gauge("check_ok", "1 if this check of /readyz is passed, else 0.", ["check"]);
  gauge("build_info", "Always 1; the version is the label.", ["version"]).set({ version }, 1);

  const optional = <Value>(into: Gauge, value: Value | undefined, number: (value: Value) => number): void => {
    if (value === undefined) into.remove();
    else into.set(number(value));
  };
  const same = (value: number): number => value;

  const setGauges = (now: RelayGauges): void => {
    sessions.set(now.sessions);
    channels.set(now.channels);
    unsettled.set(tokens(now.unsettled));
    unsecured.set(Number(now.unsecuredBytes));
    cached.set({ where: "memory" }, now.cachedBytes);
    if (now.diskBytes !== undefined) cached.set({ where: "disk" }, now.diskBytes);
    transactions.set(now.transactions);
    collects.set(Number(now.collects));
    optional(watched, now.watchedBlock, same);
    optional(head, now.headBlock, same);
    optional(seen, now.chainSeenAt, same);
    optional(agent, now.agentBalance, (wei) => Number(formatAmount(wei, COIN_DECIMALS)));
    optional(earnings, now.earnings, tokens);
    for (const [check, ok] of Object.entries(now.checks)) ready.set({ check }, Number(ok));
  };
  const gauged = [sessions, channels, unsettled, unsecured, transactions, collects, watched, head, seen];
  gauged.push(agent, earnings);
  const forgetGauges = (): void => {
    // A value that is not known is left out: an old one would look like news.
    for (const each of gauged) each.remove();
    ready.reset();
    cached.reset();
  };

  const count = (event: RelayEvent): void => {
    switch (event.type) {
      case "sessionOpened":
        sessionsOpened.inc({ stream: event.stream });
        break;
      case "sessionEnded":
        sessionsEnded.inc();
        break;
      case "requestRefused":
        refused.inc({ route: event.route, code: event.code });
        break;
      case "segmentServed":
        transfers.inc({ stream: event.stream, outcome: event.bytes === event.size ? "complete" : "broken" });
        servedBytes.inc({ stream: event.stream, paid: String(!event.free) }, event.bytes);
        segmentSeconds.observe(event.seconds);
        break;
      case "resourceRead":
        reads.inc({ from: event.from });
        readBytes.inc({ from: event.from }, event.bytes);
        break;
      case "receiptTaken":
        receipts.inc();
        receiptBytes.inc(Number(event.bytes));
        receiptTokens.inc(tokens(event.value));
        receiptSeconds.observe(event.seconds);
        break;
      case "closeRequested":
        closeRequests.inc();
        break;
      case "collectionSent":
        sent.inc({ reason: event.reason });
        break;
      case "collectionReplaced":
        replaced.inc();
        break;
      case "collectionMined":
        mined.inc({ outcome: event.achieved ? "achieved" : "futile" });
        break;
      case "collectionFailed":
        failed.inc({ code: event.code });
        break;
      case "collectionTakenBack":
        takenBack.inc();
        break;
      case "closeAtRisk":
        atRisk.inc({ why: event.why });
        break;
      case "gasCapWaiting":
        gasWaits.inc();
        break;
      case "originFailed":
        originFailures.inc({ stream: event.stream, code: event.code });
        break;
      case "storageFailed":
        storageFailures.inc();
        break;
      case "chainFailed":
        chainFailures.inc({ code: event.code });
        break;
      case "chainReplaced":
        reorganisations.inc();
        break;
      case "limitHit":
        limitHits.inc({ limit: event.limit });
        break;
      case "chainRecovered":
        break;
    }
  };

  for (const stream of streams) {
    sessionsOpened.inc({ stream }, 0);
    servedBytes.inc({ stream, paid: "true" }, 0);
  }

  return {
    count,
    contentType: registry.contentType,
    async scrape() {
      try {
        setGauges(await gauges());
      } catch (err) {
        logger.warn({ err }, "the gauges could not be read");
        scrapeFailures.inc();
        forgetGauges();
      }
      return registry.metrics();
    },
  };
}
