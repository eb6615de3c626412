import { assertAddress, assertTerms, isHex, privateKeySigner, relayOrigin, WeirError } from "../core/index.ts";
import type { Address, Deployment, Hex, SessionSigner } from "../core/index.ts";
import { defaultCollectPolicy, defaultRelayPolicy, measuredGas } from "../exchange/index.ts";
import type { CollectCosts, CollectPolicy, RelayPolicy } from "../exchange/index.ts";
import { MAX_BODY_BYTES, MAX_ENTRIES } from "../http/index.ts";
import type { RelayChain } from "./chain/relayChain.ts";
import type { CollectorWallet } from "./chain/collectorWallet.ts";
import { systemClock } from "./clock.ts";
import type { Clock } from "./clock.ts";
import { silentLogger } from "./logger.ts";
import type { Logger } from "./logger.ts";
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
  /** Bytes of verified resources kept in memory. */
  readonly cacheBytes?: number;
  /** Channels kept in memory. */
  readonly cachedChannels?: number;
  /** Seconds after which a manifest is looked for again. */
  readonly reloadSeconds?: number;
  /** Milliseconds that a client may stop reading before its transfer is ended. */
  readonly stallMs?: number;
  /** Milliseconds between two looks at the chain. */
  readonly watchMs?: number;
  /** Milliseconds between two rounds of collecting. */
  readonly collectMs?: number;
}

/** What a relay earns and spends in transactions. */
export interface RelayCollectOptions {
  /** What sends transactions; see `collectorWallet`. Without it the relay serves and keeps receipts, and settles nothing. */
  readonly wallet: CollectorWallet;
  /** When to send them; the protocol's defaults where left out. */
  readonly policy?: Partial<CollectPolicy>;
  /** Token base units that 10^18 wei are worth: your own estimate. */
  readonly tokenPerEther: bigint;
  /** Gas figures of the chain; those measured on prague if left out. */
  readonly gas?: Partial<Pick<CollectCosts, "transactionGas" | "settleGas" | "fundGas" | "closeGas">>;
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
  readonly collect?: RelayCollectOptions;
  /** How much credit it gives; the protocol's defaults where left out. */
  readonly policy?: Partial<RelayPolicy>;
  readonly limits?: RelayLimitOptions;
  /** Where it writes its log; nowhere if left out. Tokens, keys and credentials never go there. */
  readonly logger?: Logger;
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
  readonly collect: CollectConfig | undefined;
  readonly policy: RelayPolicy;
  readonly limits: Required<RelayLimitOptions>;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** How a relay collects, filled in. */
export interface CollectConfig {
  readonly wallet: CollectorWallet;
  readonly policy: CollectPolicy;
  readonly costs: Omit<CollectCosts, "gasPrice">;
}

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
  watchMs: 2_000,
  collectMs: 5_000,
};

/**
 * Checks a relay's options and fills in defaults.
 *
 * @throws WeirError `malformed-message` that names the option and says what it must be, `grace-period-out-of-range`
 */
export function resolveOptions(options: RelayOptions): RelayConfig {
  const { deployment, payee, agent, pricePerGiB, gracePeriod, store, chain, collect } = options;
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
  return {
    deployment,
    payee: payee.toLowerCase() as Address,
    agent,
    agentAddress,
    pricePerGiB,
    gracePeriod,
    realm: originOf(options.publicUrl),
    streams: resolveStreams(options.streams),
    store,
    chain,
    collect: collect === undefined ? undefined : resolveCollect(collect, deployment),
    policy: { ...defaultRelayPolicy, ...options.policy },
    limits: resolveLimits(options.limits),
    logger: options.logger ?? silentLogger,
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
  // The same check as a request's URL goes through, so that a path which no request can have is refused here.
  const url = URL.parse(path, "http://relay");
  if (!path.startsWith("/") || url?.pathname !== path || url.host !== "relay") {
    throw wrong(`${name}.path`, "a URL path such as /documentary/, spelled as URLs are");
  }
  if (/^\/(?:weir|\.well-known)\//.test(`${path}/`)) {
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

function resolveCollect(
  { wallet, policy, tokenPerEther, gas }: RelayCollectOptions,
  deployment: Deployment,
): CollectConfig {
  if (typeof tokenPerEther !== "bigint" || tokenPerEther < 0n) {
    throw wrong("collect.tokenPerEther", "a bigint: token base units that 10^18 wei are worth");
  }
  return {
    wallet,
    policy: { ...defaultCollectPolicy, ...policy },
    costs: { ...measuredGas, ...gas, tokenPerEther, feeBps: BigInt(deployment.feeBps) },
  };
}

function wrong(key: string, cure: string): WeirError {
  return new WeirError("malformed-message", `the relay option ${key} must be ${cure}`);
}
