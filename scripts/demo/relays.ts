import path from "node:path";
import { openAdmin } from "../../sdk/admin/index.ts";
import type { AdminOptions } from "../../sdk/admin/index.ts";
import { packageVersion } from "../../sdk/cli/packageVersion.ts";
import type { Deployment } from "../../sdk/core/index.ts";
import { collectorWallet, createRelay, sqliteRecords, sqliteStore, viemChain } from "../../sdk/relay/index.ts";
import type { Relay, RelayDepositOptions, RelayListener, RelayStreamOptions } from "../../sdk/relay/index.ts";
import { silentLogger } from "../../sdk/relay/logger.ts";
import { listen } from "../../sdk/servers/index.ts";
import type { LocalDeployment } from "../local/localDeployment.ts";
import type { RelayPart } from "./cast.ts";
import { corrupting, slow } from "./misbehaviour.ts";
import type { Handler } from "./misbehaviour.ts";
import { enlistOperator } from "./operators.ts";

/** What the relays serve, and what they ask for it. */
export interface RelayTask {
  readonly deployment: Deployment;
  readonly streams: readonly RelayStreamOptions[];
  readonly pricePerGiB: bigint;
  /** Own stake, token base units. */
  readonly stake: bigint;
  readonly commissionBps: number;
  /** Token base units that 10^18 wei are worth to the relays. */
  readonly tokenPerEther: bigint;
  /** A folder for the relays' stores. */
  readonly folder: string;
  /** Bytes served before the first payment; what suits half a megabyte of video if left out. */
  readonly baseCredit?: bigint;
  /** A relay that corrupts does so with one segment in so many; in three if left out. */
  readonly corruptEvery?: number;
  /** Which deposits they send for wallets without gas; none if left out. */
  readonly deposits?: RelayDepositOptions;
  /** Whether it has an operator's page too. */
  readonly hasAdmin?: boolean;
}

/** A relay of the demonstration, serving. */
export interface RunningRelay {
  readonly part: RelayPart;
  readonly url: string;
  /** Of its operator's page. */
  readonly adminUrl: string | undefined;
  readonly relay: Relay;
  /** What it corrupted on purpose. */
  readonly corrupted: () => { readonly segments: number; readonly bytes: number };
  readonly stop: () => Promise<void>;
}

/** One hour, the shortest that the escrow takes. */
const GRACE_PERIOD = 3_600;
/** Bytes: a small title would otherwise be over before any credit is used up. */
const BASE_CREDIT = 262_144n;
const CORRUPT_EVERY = 3;
const SLOW_LATENCY_MS = 250;
const SLOW_BYTES_PER_SECOND = 120_000;

/** Enlists an operator, opens its relay's store, and serves on a free loopback port. */
export async function startRelay(local: LocalDeployment, part: RelayPart, task: RelayTask): Promise<RunningRelay> {
  const {
    baseCredit = BASE_CREDIT,
    commissionBps,
    corruptEvery = CORRUPT_EVERY,
    deployment,
    pricePerGiB,
    stake,
  } = task;
  const server = await listen();
  const { url } = server;
  await enlistOperator(local, part, { name: part.name, pricePerGiB, endpoint: url, stake, commissionBps });
  const store = path.join(task.folder, `${part.name}.sqlite`);
  const chain = viemChain({ client: local.publicClient, deployment });
  const about = { deployment, payee: part.operator.address, pricePerGiB, publicUrl: url, streams: task.streams, chain };
  const admin =
    task.hasAdmin === true
      ? await startAdmin({ ...about, agent: part.agent.address, client: local.publicClient }, store)
      : undefined;
  const relay = createRelay({
    ...{ ...about, agent: part.agentKey, gracePeriod: GRACE_PERIOD },
    store: sqliteStore(store),
    collect: {
      wallet: collectorWallet({ client: local.wallet(part.agent), deployment }),
      tokenPerEther: task.tokenPerEther,
    },
    ...(task.deposits && { deposits: task.deposits }),
    policy: { baseCredit },
    limits: { watchMs: 200, collectMs: 500 },
    ...(admin && { onEvent: admin.onEvent }),
  });
  await relay.start();
  await admin?.show(relay);
  const corrupt = corrupting(relay.fetch, corruptEvery, { deployment, agentKey: part.agentKey });
  const handlers: Record<RelayPart["behaviour"], Handler> = {
    honest: relay.fetch,
    corrupting: corrupt.fetch,
    slow: slow(relay.fetch, SLOW_LATENCY_MS, SLOW_BYTES_PER_SECOND),
  };
  server.serve(handlers[part.behaviour]);
  return {
    part,
    url,
    adminUrl: admin?.url,
    relay,
    corrupted: corrupt.sent,
    async stop() {
      await server.stop();
      await admin?.stop();
      await relay.stop();
    },
  };
}

interface RunningAdmin {
  readonly url: string;
  readonly onEvent: RelayListener;
  readonly show: (relay: Relay) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** The operator's page of a relay, on a port of its own. */
async function startAdmin(
  options: Omit<AdminOptions, "hostname" | "logger" | "records" | "version">,
  store: string,
): Promise<RunningAdmin> {
  const server = await listen();
  const records = sqliteRecords(store);
  const version = packageVersion();
  const admin = openAdmin({ ...options, records, hostname: "127.0.0.1", version, logger: silentLogger });
  return {
    url: server.url,
    onEvent: admin.onEvent,
    async show(relay) {
      await records.start();
      admin.show(relay);
      server.serve(admin.fetch);
    },
    async stop() {
      admin.stop();
      await server.stop();
      await records.stop();
    },
  };
}
