import path from "node:path";
import type { Deployment } from "../../sdk/core/index.ts";
import { collectorWallet, createRelay, sqliteStore, viemChain } from "../../sdk/relay/index.ts";
import type { Relay, RelayStreamOptions } from "../../sdk/relay/index.ts";
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
}

/** A relay of the demonstration, serving. */
export interface RunningRelay {
  readonly part: RelayPart;
  readonly url: string;
  readonly relay: Relay;
  /** What it corrupted on purpose. */
  readonly corrupted: () => { readonly segments: number; readonly bytes: number };
  readonly stop: () => Promise<void>;
}

/** One hour, the shortest that the escrow takes. */
const GRACE_PERIOD = 3_600;
/** Bytes: a small title would otherwise be over before any credit is used up. */
const BASE_CREDIT = 262_144n;
/** One segment in so many is corrupted. */
const CORRUPT_EVERY = 3;
const SLOW_LATENCY_MS = 250;
const SLOW_BYTES_PER_SECOND = 120_000;

/** Enlists an operator, opens its relay's store, and serves on a free loopback port. */
export async function startRelay(local: LocalDeployment, part: RelayPart, task: RelayTask): Promise<RunningRelay> {
  const { commissionBps, deployment, pricePerGiB, stake } = task;
  const server = await listen();
  const { url } = server;
  await enlistOperator(local, part, { name: part.name, pricePerGiB, endpoint: url, stake, commissionBps });
  const relay = createRelay({
    deployment,
    payee: part.operator.address,
    agent: part.agentKey,
    pricePerGiB,
    gracePeriod: GRACE_PERIOD,
    publicUrl: url,
    streams: task.streams,
    store: sqliteStore(path.join(task.folder, `${part.name}.sqlite`)),
    chain: viemChain({ client: local.publicClient, deployment }),
    collect: {
      wallet: collectorWallet({ client: local.wallet(part.agent), deployment }),
      tokenPerEther: task.tokenPerEther,
    },
    policy: { baseCredit: BASE_CREDIT },
    limits: { watchMs: 200, collectMs: 500 },
  });
  await relay.start();
  const corrupt = corrupting(relay.fetch, CORRUPT_EVERY, { deployment, agentKey: part.agentKey });
  const handlers: Record<RelayPart["behaviour"], Handler> = {
    honest: relay.fetch,
    corrupting: corrupt.fetch,
    slow: slow(relay.fetch, SLOW_LATENCY_MS, SLOW_BYTES_PER_SECOND),
  };
  server.serve(handlers[part.behaviour]);
  return {
    part,
    url,
    relay,
    corrupted: corrupt.sent,
    async stop() {
      await server.stop();
      await relay.stop();
    },
  };
}
