import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { channelId, formatManifest, paymentChannelsDomain, privateKeySigner, WeirError } from "../../sdk/core/index.ts";
import type { Address, Channel, Deployment, Hex, Manifest, SessionSigner } from "../../sdk/core/index.ts";
import type { ChainView } from "../../sdk/exchange/index.ts";
import { buildManifest, signManifest } from "../../sdk/publisher/index.ts";
import type { ManifestResource } from "../../sdk/publisher/index.ts";
import { createRelay, sqliteStore } from "../../sdk/relay/index.ts";
import type {
  ChainBlock,
  Logger,
  Relay,
  RelayChain,
  RelayOptions,
  RelayStreamOptions,
  Source,
} from "../../sdk/relay/index.ts";

/** A deployment that stands nowhere: enough for everything that signs and checks. */
export const paperDeployment: Deployment = {
  network: "paper",
  chainId: 31_337,
  token: {
    address: `0x${"70".repeat(20)}`,
    symbol: "TEST",
    decimals: 18,
    name: "Test",
    permit: false,
    authorization: false,
  },
  paymentChannels: { address: `0x${"e5".repeat(20)}`, salt: `0x${"5a".repeat(32)}`, deployedAt: 0 },
  operatorRegistry: { address: `0x${"4e".repeat(20)}`, salt: `0x${"5b".repeat(32)}`, deployedAt: 0 },
  stakeManager: { address: `0x${"5e".repeat(20)}`, deployedAt: 0 },
  rewardsDistributor: { address: `0x${"6e".repeat(20)}`, deployedAt: 0 },
  deliveryDisputes: { address: `0x${"7e".repeat(20)}`, deployedAt: 0 },
  feeBps: 100,
};

export const paperDomain = paymentChannelsDomain(paperDeployment);

/** A key that is the same in every run. */
export function testKey(index: number): Hex {
  return `0x${index.toString(16).padStart(64, "1")}`;
}

export const payeeKey = testKey(1);
export const payee: Address = privateKeySigner(payeeKey).address;
export const publisher: SessionSigner = privateKeySigner(testKey(2));

/** Files in memory that a test can change behind a relay's back. */
export interface MemorySource extends Source {
  readonly files: Map<string, Uint8Array<ArrayBuffer>>;
  /** How often each path was read. */
  readonly reads: Map<string, number>;
}

/** A source of files in memory. */
export function memorySource(files: Iterable<readonly [string, Uint8Array<ArrayBuffer>]> = []): MemorySource {
  const held = new Map(files);
  const reads = new Map<string, number>();
  return {
    files: held,
    reads,
    async read(path, { range, maxBytes }) {
      reads.set(path, (reads.get(path) ?? 0) + 1);
      await Promise.resolve();
      const file = held.get(path);
      if (file === undefined) throw new WeirError("not-found");
      const bytes = range === undefined ? file : file.slice(range.first, range.last + 1);
      if (bytes.length > maxBytes) throw new WeirError("oversized-message");
      return bytes;
    },
  };
}

/** Random bytes of a file. */
export function randomFile(size: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(randomBytes(size));
}

/** A signed manifest over resources, valid until 2100. */
export async function testManifest(
  resources: readonly ManifestResource[],
  sequence = 0n,
  name = "test stream",
): Promise<Manifest> {
  const content = await buildManifest({
    publisher: publisher.address,
    name,
    sequence,
    notAfter: 4_102_444_800n,
    resources,
  });
  return signManifest(content, publisher);
}

/** A stream of `count` files of `size` bytes, its manifest included. */
export async function testStream(count: number, size: number, name?: string): Promise<MemorySource> {
  const resources = Array.from({ length: count }, (_, i) => ({
    path: `segment-${String(i)}.m4s`,
    bytes: randomFile(size),
  }));
  const source = memorySource(resources.map(({ path, bytes }) => [path, bytes]));
  const manifest = await testManifest(resources, 0n, name);
  source.files.set("weir.json", new TextEncoder().encode(formatManifest(manifest)));
  return source;
}

/** A chain that is whatever a test says it is. */
export interface PaperChain extends RelayChain {
  readonly views: Map<Hex, ChainView>;
  block: number;
  /** Whether nothing can be read. */
  isAway: boolean;
  /** Sets what the chain says about a channel, in a new block. */
  readonly set: (channel: Channel, view: Partial<ChainView>) => void;
}

/** A chain on which every account holds plenty until a test says otherwise. */
export function paperChain(): PaperChain {
  const views = new Map<Hex, ChainView>();
  const unknown = { deposit: 0n, settledBytes: 0n, closeRequestedAt: 0, closed: false, balance: 10n ** 24n };
  const chain: PaperChain = {
    views,
    block: 1,
    isAway: false,
    set(channel, view) {
      chain.block++;
      const id = channelId(channel);
      views.set(id, { ...unknown, ...views.get(id), ...view, block: chain.block });
    },
    verify: async () => Promise.resolve(),
    finality: 64,
    head: async () =>
      chain.isAway ? Promise.reject(new WeirError("chain-unavailable")) : Promise.resolve(paperBlock(chain.block)),
    blockAt: async (number) => Promise.resolve(number <= chain.block ? paperBlock(number) : undefined),
    view: async (channel) => Promise.resolve({ ...unknown, ...views.get(channelId(channel)), block: chain.block }),
    touched: async (_payee, from, to) =>
      Promise.resolve(new Set([...views].filter(([, { block }]) => block >= from && block <= to).map(([id]) => id))),
  };
  return chain;
}

function paperBlock(number: number): ChainBlock {
  return { number, hash: `0x${number.toString(16).padStart(64, "0")}`, time: number };
}

/** A logger that keeps what it is given. */
export function recordingLogger(): Logger & { readonly lines: string[] } {
  const lines: string[] = [];
  const record =
    (level: string) =>
    (facts: object, message: string): void => {
      lines.push(
        `${level} ${message} ${JSON.stringify(facts, (_key, value: unknown) =>
          value instanceof Error ? `${value.message} ${String(value.cause)} ${value.stack ?? ""}` : value,
        )}`,
      );
    };
  return { lines, debug: record("debug"), info: record("info"), warn: record("warn"), error: record("error") };
}

/** A relay that can be talked to without a network. */
export interface RelayFixture {
  readonly relay: Relay;
  readonly origin: string;
  readonly chain: PaperChain;
  readonly source: MemorySource;
  readonly logger: ReturnType<typeof recordingLogger>;
  /** The relay's clock, in seconds; a test may set it. */
  readonly time: { now: number };
  readonly folder: string;
  readonly options: RelayOptions;
  readonly fetch: (path: string, init?: RequestInit) => Promise<Response>;
  readonly stop: () => Promise<void>;
}

/** Starts a relay with a stream of eight files of 100,000 bytes at `/video/`, and with more streams if wanted. */
export async function startRelayFixture(
  change: Partial<RelayOptions> = {},
  more: readonly RelayStreamOptions[] = [],
): Promise<RelayFixture> {
  const folder = mkdtempSync(join(tmpdir(), "weir-relay-"));
  const source = await testStream(8, 100_000);
  const chain = paperChain();
  const logger = recordingLogger();
  const time = { now: 1_900_000_000 };
  const origin = "https://relay.example";
  const options: RelayOptions = {
    deployment: paperDeployment,
    payee,
    agent: payeeKey,
    pricePerGiB: 10n ** 16n,
    gracePeriod: 86_400,
    publicUrl: origin,
    streams: [{ path: "/video/", source, publisher: publisher.address }, ...more],
    store: sqliteStore(join(folder, "relay.db")),
    chain,
    logger,
    clock: () => time.now,
    ...change,
  };
  const relay = createRelay(options);
  await relay.start();
  return {
    relay,
    origin,
    chain,
    source,
    logger,
    time,
    folder,
    options,
    fetch: async (path, init) => relay.fetch(new Request(origin + path, init)),
    async stop() {
      await relay.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
