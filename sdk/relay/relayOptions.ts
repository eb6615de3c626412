import { assertAddress, assertTerms, isHex, privateKeySigner, relayOrigin, WeirError } from "../core/index.ts";
import type { Address, Deployment, Hex, SessionSigner } from "../core/index.ts";
import { defaultCollectPolicy, defaultRelayPolicy, measuredGas } from "../exchange/index.ts";
import type { CollectCosts, CollectPolicy, RelayPolicy } from "../exchange/index.ts";
import { MAX_BODY_BYTES, MAX_ENTRIES } from "../http/index.ts";
import type { RelayChain } from "./chain/relayChain.ts";
import type { CollectorWallet, FeeOptions } from "./chain/collectorWallet.ts";
import { systemClock } from "./clock.ts";
import type { Clock } from "./clock.ts";
import { silentLogger } from "./logger.ts";
import type { Logger } from "./logger.ts";
import { guardedListener } from "./relayEvents.ts";
import type { RelayListener } from "./relayEvents.ts";
import { MIN_DISK_BYTES } from "./media/diskCache.ts";
import type { StreamConfig } from "./media/servedStream.ts";
import { folderSource } from "./sources/folderSource.ts";
import { originSource } from "./sources/originSource.ts";
import type { Source } from "./sources/source.ts";
import type { RelayStore } from "./store/relayStore.ts";

/** A stream to serve. */
export interface RelayStreamOptions {
  /** URL path of the stream's directory on the relay, for example `/documentary/`. */
  readonly path: string;
  /** Where the files come from: a folder, the URL of an upstream directory, or a source of your own. */
  readonly source: string | Source;
  /** Whose signature the manifest must carry. The trust anchor: never take it from the manifest. */
  readonly publisher: Address;
  /** The publisher's name for the stream; any stream of the publisher if left out. */
  readonly name?: string;
  /** File name of the manifest in the directory; `weir.json` if left out. */
  readonly manifest?: string;
  /** Serve it to everybody without payment; still only bytes that match the manifest. Off if left out. */
  readonly free?: boolean;
}

/** Where a relay keeps verified files that come from afar. */
export interface RelayCacheOptions {
  /** It is made if it does not exist. Several relays on one machine may share it. */
  readonly folder: string;
  /** Most bytes that it takes, of all relays that share it; 16 MiB at least. */
  readonly maxBytes: number;
}

/** Limits of a relay. Those in the protocol's table T have its defaults. */
export interface RelayLimitOptions {
  /** Largest body of a POST, in bytes (T1). */
  readonly maxBodyBytes?: number;
  /** Most entries in one receipt post (T2). */
  readonly maxEntries?: number;
  /** Free bytes per session and minute (T5). */
  readonly freeBytesPerMinute?: number;
  /** Lifetime of a challenge in seconds (T7). */
  readonly challengeSeconds?: number;
  /** Lifetime of a session token in seconds (T7). */
  readonly tokenSeconds?: number;
  /**
   * Bytes of verified resources in memory, those that are being read or sent included: when all of it is in use, requests
   * for more are answered with 429.
   */
  readonly cacheBytes?: number;
  /** Channels kept in memory. */
  readonly cachedChannels?: number;
  /** Seconds after which a manifest is looked for again. */
  readonly reloadSeconds?: number;
  /** Milliseconds that a client may stop reading before its transfer is ended. */
  readonly stallMs?: number;
  /** Bytes per second that a client must take on average once `stallMs` have passed, or its transfer is ended. */
  readonly minBytesPerSecond?: number;
  /** Receipt posts per second of one channel, and twice as many at once. */
  readonly receiptsPerSecond?: number;
  /** Sessions that one client address may have open. IPv6 counts by /64; loopback is not counted. */
  readonly sessionsPerAddress?: number;
  /** Sessions that one client address may try to open in a minute. */
  readonly sessionsPerMinute?: number;
  /** Milliseconds between two looks at the chain. */
  readonly watchMs?: number;
  /** Milliseconds between two rounds of collecting. */
  readonly collectMs?: number;
  /** Milliseconds between two looks for sessions that nobody uses any more. */
  readonly sweepMs?: number;
}

/** What a relay earns and spends in transactions. */
export interface RelayCollectOptions {
  /** What sends transactions; see `collectorWallet`. Without it the relay serves and keeps receipts, and settles nothing. */
  readonly wallet: CollectorWallet;
  /** When to send them; the protocol's defaults where left out. */
  readonly policy?: Partial<CollectPolicy>;
  /** Token base units that 10^18 wei are worth: your own estimate. */
  readonly tokenPerEther: bigint;
  /** Wei per gas that no transaction offers more than: above it everything waits. None if left out. */
  readonly maxGasPrice?: bigint;
  /** Gas figures of the chain; those measured on prague if left out. */
  readonly gas?: Partial<Pick<CollectCosts, "transactionGas" | "settleGas" | "fundGas" | "closeGas">>;
}

/** Deposits that a relay sends for wallets without gas, so that their owners can begin to watch. It pays the gas. */
export interface RelayDepositOptions {
  /** Token base units of the smallest deposit. What it may cost is held against it: see `collect.policy.costMultiple`. */
  readonly minAmount: bigint;
  /** Deposits that it sends within an hour, of all wallets together; 60 if left out. */
  readonly perHour?: number;
  /** And for one client address, and for one wallet; 3 if left out. IPv6 counts by /64; loopback is not counted. */
  readonly perHourAndClient?: number;
  /**
   * Wei that these transactions may take for gas within a day (UTC), of all processes of the relay together; 0.05 of the
   * chain's coin if left out. Strangers can have so much sent for nothing. One that is stuck is sent again for more if need be.
   */
  readonly gasPerDay?: bigint;
}

/** Options of `createRelay`. */
export interface RelayOptions {
  /** The contracts that it is paid through. */
  readonly deployment: Deployment;
  /** Who is paid. */
  readonly payee: Address;
  /** The hot key that signs deliveries: its private key, or a signer. The operator's agent, or the payee itself. */
  readonly agent: Hex | SessionSigner;
  /** Token base units per 2^30 bytes. */
  readonly pricePerGiB: bigint;
  /** Seconds from a viewer's close request until its channel ends; one hour to 30 days. */
  readonly gracePeriod: number;
  /** The origin that viewers reach the relay at, for example `https://relay.example`. https unless it is loopback. */
  readonly publicUrl: string;
  readonly streams: readonly RelayStreamOptions[];
  /** What it remembers; see `sqliteStore`. */
  readonly store: RelayStore;
  /** What it sees of the chain; see `viemChain`. */
  readonly chain: RelayChain;
  /**
   * Internal location of the proxy in front under which it has the folders of the streams, each at the path of its stream,
   * for example `/weir-files/`: the proxy then sends verified files itself, for requests that it marks with `Weir-Accel: on`.
   * Only for a proxy that follows `X-Accel-Redirect` and reads the very folders that the sources name.
   */
  readonly accel?: string;
  readonly collect?: RelayCollectOptions;
  /** Which deposits it sends for wallets without gas; none if left out. Needs `collect`. */
  readonly deposits?: RelayDepositOptions;
  /** How much credit it gives; the protocol's defaults where left out. */
  readonly policy?: Partial<RelayPolicy>;
  readonly limits?: RelayLimitOptions;
  /** A cache on disk behind the one in memory, for streams from other machines; none if left out. */
  readonly cache?: RelayCacheOptions;
  /** Where it writes its log; nowhere if left out. Tokens, keys and credentials never go there. */
  readonly logger?: Logger;
  /** Hears what the relay does: the source of metrics and alarms. It must be quick. */
  readonly onEvent?: RelayListener;
  readonly clock?: Clock;
}

/** Options with everything checked and filled in. */
export interface RelayConfig {
  readonly deployment: Deployment;
  readonly payee: Address;
  readonly agent: Hex | SessionSigner;
  readonly agentAddress: Address;
  readonly pricePerGiB: bigint;
  readonly gracePeriod: number;
  readonly realm: string;
  readonly streams: readonly StreamConfig[];
  readonly store: RelayStore;
  readonly chain: RelayChain;
  readonly accel: string | undefined;
  readonly collect: CollectConfig | undefined;
  readonly deposits: Required<RelayDepositOptions> | undefined;
  readonly policy: RelayPolicy;
  readonly limits: Required<RelayLimitOptions>;
  readonly cache: RelayCacheOptions | undefined;
  readonly logger: Logger;
  /** Tells whoever listens; never throws. */
  readonly emit: RelayListener;
  readonly clock: Clock;
}

/** How a relay collects, filled in. */
export interface CollectConfig {
  readonly wallet: CollectorWallet;
  readonly policy: CollectPolicy;
  readonly costs: Omit<CollectCosts, "gasPrice">;
  readonly fees: Pick<FeeOptions, "maxGasPrice">;
}

/** Wei that a relay spends on deposits within a day unless it says otherwise. */
const DEPOSIT_GAS_PER_DAY = 50_000_000_000_000_000n;

/** The limits of a relay that sets none. */
export const DEFAULT_LIMITS: Required<RelayLimitOptions> = {
  maxBodyBytes: MAX_BODY_BYTES,
  maxEntries: MAX_ENTRIES,
  freeBytesPerMinute: 1_048_576,
  challengeSeconds: 60,
  tokenSeconds: 600,
  cacheBytes: 512 * 1024 * 1024,
  cachedChannels: 100_000,
  reloadSeconds: 2,
  stallMs: 60_000,
  minBytesPerSecond: 4_096,
  receiptsPerSecond: 100,
  sessionsPerAddress: 512,
  sessionsPerMinute: 120,
  watchMs: 2_000,
  collectMs: 5_000,
  sweepMs: 60_000,
};

/**
 * Checks a relay's options and fills in defaults.
 *
 * @throws WeirError `malformed-message` that names the option and says what it must be, `grace-period-out-of-range`
 */
export function resolveOptions(options: RelayOptions): RelayConfig {
  const { deployment, payee, agent, pricePerGiB, gracePeriod, store, chain, collect, logger = silentLogger } = options;
  assertAddress(payee, "payee");
  assertTerms({ payee, pricePerGiB, gracePeriod, nonce: 0n });
  const agentAddress = addressOf(agent);
  const wallet = collect?.wallet.address;
  if (wallet !== undefined && wallet.toLowerCase() !== agentAddress.toLowerCase()) {
    throw wrong(
      "collect.wallet",
      "the wallet of the agent's own key: the agent closes channels and sends transactions",
    );
  }
  const streams = resolveStreams(options.streams);
  return {
    deployment,
    payee: payee.toLowerCase() as Address,
    agent,
    agentAddress,
    pricePerGiB,
    gracePeriod,
    realm: originOf(options.publicUrl),
    streams,
    store,
    chain,
    accel: options.accel === undefined ? undefined : resolveAccel(options.accel, streams),
    collect: collect === undefined ? undefined : resolveCollect(collect, deployment),
    deposits: resolveDeposits(options),
    policy: { ...defaultRelayPolicy, ...options.policy },
    limits: resolveLimits(options.limits),
    cache: options.cache === undefined ? undefined : resolveCache(options.cache),
    logger,
    emit: guardedListener(options.onEvent, logger),
    clock: options.clock ?? systemClock,
  };
}

function addressOf(agent: Hex | SessionSigner): Address {
  if (typeof agent !== "string") return agent.address;
  if (!isHex(agent, 32)) throw wrong("agent", "a private key of 32 bytes as 0x hex, or a signer");
  return privateKeySigner(agent).address;
}

function originOf(publicUrl: string): string {
  const origin = relayOrigin(publicUrl);
  if (origin === undefined) {
    throw wrong(
      "publicUrl",
      "an https origin such as https://relay.example, without a path; plain http is for loopback only",
    );
  }
  return origin;
}

function resolveStreams(streams: readonly RelayStreamOptions[]): StreamConfig[] {
  if (streams.length === 0) throw wrong("streams", "a list of at least one stream");
  const resolved = streams.map((stream, i) => resolveStream(stream, `streams[${i}]`));
  const paths = new Set(resolved.map(({ path }) => path));
  if (paths.size < resolved.length) throw wrong("streams", "a list without two streams at one path");
  return resolved;
}

function resolveStream(stream: RelayStreamOptions, name: string): StreamConfig {
  const { path, source, publisher, manifest = "weir.json", free = false } = stream;
  assertAddress(publisher, `${name}.publisher`);
  if (!isUrlPath(path)) {
    throw wrong(`${name}.path`, "a URL path such as /documentary/, spelled as URLs are");
  }
  if (isOwnPath(path)) {
    throw wrong(`${name}.path`, "a path outside /weir/ and /.well-known/, which are the relay's own");
  }
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(manifest)) {
    throw wrong(`${name}.manifest`, "a plain file name such as weir.json");
  }
  return {
    path: path.endsWith("/") ? path : `${path}/`,
    source: typeof source === "string" ? sourceOf(source, `${name}.source`) : source,
    publisher,
    name: stream.name,
    manifest,
    free,
  };
}

function resolveAccel(accel: string, streams: readonly StreamConfig[]): string {
  if (!isUrlPath(accel) || !/^\/.+\/$/.test(accel) || isOwnPath(accel)) {
    throw wrong(
      "accel",
      "a URL path such as /weir-files/, with a slash at both ends, outside /weir/ and /.well-known/",
    );
  }
  if (streams.some(({ path }) => path.startsWith(accel))) {
    throw wrong("accel", "a path that no stream lies under, because nobody reaches it from outside");
  }
  return accel;
}

/** The same check as a request's URL goes through, so that a path which no request can have is refused. */
function isUrlPath(path: string): boolean {
  const url = URL.parse(path, "http://relay");
  return path.startsWith("/") && url?.pathname === path && url.host === "relay";
}

/** Whether a path lies in what the protocol keeps for itself. */
function isOwnPath(path: string): boolean {
  return /^\/(?:weir|\.well-known)\//.test(`${path}/`);
}

function sourceOf(source: string, name: string): Source {
  if (source === "") throw wrong(name, "a folder, an http or https URL, or a source");
  return /^https?:/i.test(source) ? originSource(source) : folderSource(source);
}

function resolveLimits(limits: RelayLimitOptions = {}): Required<RelayLimitOptions> {
  const resolved = { ...DEFAULT_LIMITS, ...limits };
  for (const [name, value] of Object.entries(resolved)) {
    if (!Number.isSafeInteger(value) || value < 1) throw wrong(`limits.${name}`, "a whole number above zero");
  }
  return resolved;
}

function resolveCache({ folder, maxBytes }: RelayCacheOptions): RelayCacheOptions {
  if (folder === "") throw wrong("cache.folder", "a folder");
  if (!Number.isSafeInteger(maxBytes) || maxBytes < MIN_DISK_BYTES) {
    throw wrong("cache.maxBytes", `a whole number of bytes from ${MIN_DISK_BYTES}`);
  }
  return { folder, maxBytes };
}

/** How to collect, checked and filled in. @throws WeirError `malformed-message` that names the option */
export function resolveCollect(
  { wallet, policy, tokenPerEther, gas, maxGasPrice }: RelayCollectOptions,
  deployment: Deployment,
): CollectConfig {
  if (typeof tokenPerEther !== "bigint" || tokenPerEther < 0n) {
    throw wrong("collect.tokenPerEther", "a bigint: token base units that 10^18 wei are worth");
  }
  if (maxGasPrice !== undefined && (typeof maxGasPrice !== "bigint" || maxGasPrice <= 0n)) {
    throw wrong("collect.maxGasPrice", "a bigint above zero: wei per gas");
  }
  return {
    wallet,
    fees: maxGasPrice === undefined ? {} : { maxGasPrice },
    policy: { ...defaultCollectPolicy, ...policy },
    costs: { ...measuredGas, ...gas, tokenPerEther, feeBps: BigInt(deployment.feeBps) },
  };
}

function resolveDeposits({ collect, deployment, deposits }: RelayOptions): Required<RelayDepositOptions> | undefined {
  if (deposits === undefined) return undefined;
  const { minAmount, perHour = 60, perHourAndClient = 3, gasPerDay = DEPOSIT_GAS_PER_DAY } = deposits;
  if (collect === undefined) throw wrong("deposits", "left out without collect: the collector sends them");
  if (!deployment.token.authorization) throw wrong("deposits", "left out: the token has no authorizations (ERC-3009)");
  if (typeof minAmount !== "bigint" || minAmount <= 0n) {
    throw wrong("deposits.minAmount", "a bigint above zero: token base units");
  }
  if (typeof gasPerDay !== "bigint" || gasPerDay <= 0n) throw wrong("deposits.gasPerDay", "a bigint above zero: wei");
  for (const [name, value] of Object.entries({ perHour, perHourAndClient })) {
    if (!Number.isSafeInteger(value) || value < 1) throw wrong(`deposits.${name}`, "a whole number above zero");
  }
  return { minAmount, perHour, perHourAndClient, gasPerDay };
}

function wrong(key: string, cure: string): WeirError {
  return new WeirError("malformed-message", `the relay option ${key} must be ${cure}`);
}
