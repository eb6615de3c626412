import { cpSync, existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { parseEther } from "viem/utils";
import { getWeirEvents } from "../../sdk/chain/index.ts";
import { postgresStore, sqliteStore } from "../../sdk/relay/index.ts";
import type { RelayStore } from "../../sdk/relay/index.ts";
import { startBalancer } from "../helpers/balancer.ts";
import { freePort } from "../helpers/freePort.ts";
import { startPostgres } from "../helpers/postgresServer.ts";
import { startRpcProxy } from "../helpers/rpcProxy.ts";
import { openStage, PRICE, STREAM, TOKEN_PER_ETHER } from "../helpers/stage.ts";
import type { Stage, StagedPayer } from "../helpers/stage.ts";
import type { FaultyWorld } from "./faults.ts";
import { startFaultyOrigin } from "./faultyOrigin.ts";
import type { SettledRow } from "./judge.ts";
import { killableRelay, newIdentity } from "../helpers/killableRelay.ts";
import type { KillableRelay } from "../helpers/killableRelay.ts";

/** The stores that a relay can have. */
export const storeKinds = ["sqlite", "postgres"] as const;

/** One of them. */
export type StoreKind = (typeof storeKinds)[number];

/** A chain, an origin, and one relay: a process with SQLite, or three with PostgreSQL behind a balancer. */
export interface ChaosWorld extends FaultyWorld {
  readonly kind: StoreKind;
  readonly stage: Stage;
  /** Where viewers find the relay. */
  readonly url: string;
  readonly relays: readonly KillableRelay[];
  readonly openPayer: () => Promise<StagedPayer>;
  /** What the store of the relay holds: that of a relay which was killed, in a copy; or the one it shares. */
  readonly openStore: () => Promise<RelayStore>;
  /** A copy of the SQLite file, with what is not checkpointed yet. Only while nobody writes to it. */
  readonly copyStore: () => string;
  /** Everything that was settled, in the order of the chain. */
  readonly settlements: () => Promise<readonly SettledRow[]>;
  /** Ends everything. */
  readonly stop: () => Promise<void>;
}

const PROCESSES: Readonly<Record<StoreKind, number>> = { sqlite: 1, postgres: 3 };

/** Sets everything up. No relay runs yet. @param logs folder for what every process says; nowhere if left out */
export async function openChaosWorld(kind: StoreKind, logs?: string): Promise<ChaosWorld> {
  const stage = await openStage();
  const { anvil, deployment, publicClient, testClient } = stage.local;
  const database = kind === "postgres" ? await startPostgres() : undefined;
  const balancer = kind === "postgres" ? await startBalancer() : undefined;
  const origin = await startFaultyOrigin(stage.media);
  const identity = newIdentity();
  await testClient.setBalance({ address: identity.address, value: parseEther("1000") });

  const relays: KillableRelay[] = [];
  const proxies = await Promise.all(Array.from({ length: PROCESSES[kind] }, async () => startRpcProxy(anvil.url)));
  for (const [i, { url: rpcUrl }] of proxies.entries()) {
    const port = await freePort();
    relays.push(
      killableRelay({
        folder: path.join(stage.folder, `relay-${i}`),
        ...{ identity, deployment, rpcUrl, port },
        publicUrl: balancer?.url ?? `http://127.0.0.1:${port}`,
        pricePerGiB: PRICE,
        tokenPerEther: TOKEN_PER_ETHER,
        stream: { path: `/${STREAM}/`, source: origin.url, publisher: stage.publisher.address },
        ...(logs === undefined ? {} : { log: path.join(logs, `${kind}-${i}.log`) }),
        ...(database === undefined ? {} : { storeUrl: database.url }),
      }),
    );
  }
  const urls = relays.map(({ port }) => `http://127.0.0.1:${port}`);
  if (balancer !== undefined) balancer.backends = urls;

  let turn: Promise<unknown> = Promise.resolve();
  const alone = async <Result>(task: () => Promise<Result>): Promise<Result> => {
    const result = turn.then(task);
    turn = result.catch(() => undefined); // Whoever asked hears of it.
    return result;
  };
  let copies = 0;
  const copyStore = (): string => {
    const [{ database: file } = { database: "" }] = relays;
    const folder = path.join(stage.folder, `copy-${copies++}`);
    mkdirSync(folder);
    const copy = path.join(folder, "relay.sqlite");
    for (const part of ["", "-wal"]) if (existsSync(file + part)) cpSync(file + part, copy + part);
    return copy;
  };

  return {
    ...{ kind, stage, identity, proxies, origin, relays, alone, copyStore },
    url: balancer?.url ?? urls[0] ?? "",
    openPayer: async () => alone(async () => stage.openPayer()),
    async openStore() {
      const store =
        database === undefined ? sqliteStore(copyStore()) : postgresStore({ connectionString: database.url });
      await store.start();
      return store;
    },
    async settlements() {
      const toBlock = await publicClient.getBlockNumber({ cacheTime: 0 });
      const range = { fromBlock: 0n, toBlock, eventNames: ["Settled"] } as const;
      const where = { payee: identity.address };
      const events = await getWeirEvents(publicClient, { deployment, ...range, where });
      return events.flatMap(({ args }) =>
        args.settlements.map(({ channelId: channel, settledBytes, amount }) => ({ channel, settledBytes, amount })),
      );
    },
    async stop() {
      await Promise.all(relays.map(async (relay) => relay.kill()));
      await Promise.all(
        [...proxies, origin, ...(balancer === undefined ? [] : [balancer])].map(async (each) => each.stop()),
      );
      await stage.stop();
      await database?.remove();
    },
  };
}
