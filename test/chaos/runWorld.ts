import { setTimeout as sleep } from "node:timers/promises";
import { readChannel } from "../../sdk/chain/index.ts";
import { coveredBytes, owed, paymentChannelsDomain } from "../../sdk/core/index.ts";
import { openAudience } from "./audience.ts";
import { openChaosWorld } from "./chaosWorld.ts";
import type { ChaosWorld, StoreKind } from "./chaosWorld.ts";
import { faults } from "./faults.ts";
import type { Fault } from "./faults.ts";
import { findDoubleSettled, findLost } from "./judge.ts";
import { awaitMoment, killMoments } from "./moments.ts";
import type { KillMoment } from "./moments.ts";
import { seededRandom } from "./seededRandom.ts";
import type { SeededRandom } from "./seededRandom.ts";
import { sabotage } from "./sabotage.ts";
import type { SabotageReport } from "./sabotage.ts";
import { openWitness } from "./witness.ts";
import type { Witness } from "./witness.ts";

/** How one world fared. Amounts are token base units, as decimal strings. */
export interface WorldReport {
  readonly store: StoreKind;
  readonly processes: number;
  readonly kills: number;
  /** Acknowledgements that viewers read. */
  readonly acknowledged: number;
  /** Those of them that neither the store nor the chain made good. */
  readonly lost: number;
  /** Settled rows. */
  readonly settled: number;
  /** Those of them that paid for bytes twice, for bytes that nobody signed for, or too much. */
  readonly doubleSettled: number;
  /** What receipts in the store are still worth at the end, although their deposits cover it. */
  readonly uncollected: string;
  /** Times that the stream was watched to its end, and resources that came with other bytes than were published. */
  readonly played: number;
  readonly wrong: number;
  readonly channels: number;
  readonly moments: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, number>>;
  /** What the checks said about a store and a chain that were falsified on purpose. */
  readonly sabotage: SabotageReport | undefined;
}

/** What to run. */
export interface RunWorldOptions {
  readonly kind: StoreKind;
  readonly kills: number;
  readonly seed: number;
  readonly viewers: number;
  /** Where to write what every process says; nowhere if left out. */
  readonly logs: string | undefined;
  /** Called after every kill. */
  readonly onKill: (line: string) => void;
}

/** Milliseconds after which a process that starts, or stops, is killed at the latest. */
const MOST_STARTING_MS = 1_500;
const MOST_STOPPING_MS = 500;

/** Milliseconds that a fault lasts. */
const LONGEST_FAULT_MS = 2_000;

/** Looks, and milliseconds between them, until what is not settled counts as left. */
const SETTLE_LOOKS = 120;
const SETTLE_LOOK_MS = 500;

/** Runs a world through all its kills, lets it settle what is left, and judges it. */
export async function runWorld({ kind, kills, logs, seed, viewers, onKill }: RunWorldOptions): Promise<WorldReport> {
  const random = seededRandom(seed);
  const witness = openWitness();
  const world = await openChaosWorld(kind, logs);
  const domain = paymentChannelsDomain(world.stage.local.deployment);
  const lost = new Set<string>();
  const judge = async (): Promise<void> => {
    const settled = new Map((await world.settlements()).map(({ channel, settledBytes }) => [channel, settledBytes]));
    const store = await world.openStore();
    try {
      for (const { channel, deliveredBytes } of await findLost({ store, witness, domain, settled })) {
        lost.add(`${channel} ${deliveredBytes}`);
      }
    } finally {
      await store.stop();
    }
  };
  const counts = { moments: new Map<string, number>(), faults: new Map<string, number>() };
  try {
    for (const relay of world.relays) relay.launch();
    await Promise.all(world.relays.map(async (relay) => relay.serves()));
    const audience = openAudience({ ...world, relay: world.url, witness, viewers, random: seededRandom(seed + 1) });
    const moments = endlessly(killMoments, random);
    const misfortunes = endlessly(faults, random);
    for (let kill = 1; kill <= kills; kill++) {
      const moment = moments(() => true);
      const fault = misfortunes((each) => isPossible(moment, each));
      await killOnce(world, { moment, fault, random, witness, judge });
      count(counts.moments, moment);
      count(counts.faults, fault.name);
      const noted = witness.acknowledgements.length;
      onKill(`${kind}: ${moment}; ${fault.name}: ${noted} acknowledged, ${lost.size} lost`);
    }
    await Promise.all(world.relays.map(async (relay) => relay.serves()));
    await audience.leave();
    const uncollected = await settleRest(world, witness);
    for (const relay of world.relays) relay.terminate();
    await Promise.all(world.relays.map(async (relay) => relay.ended()));
    await judge();
    const rows = await world.settlements();
    await world.stage.expectConserved([world.identity.address]);
    return {
      store: kind,
      processes: world.relays.length,
      kills,
      acknowledged: witness.acknowledgements.length,
      lost: lost.size,
      settled: rows.length,
      doubleSettled: findDoubleSettled(rows, witness).length,
      uncollected: uncollected.toString(),
      played: audience.played(),
      wrong: audience.wrong(),
      channels: witness.channels.size,
      moments: Object.fromEntries(counts.moments),
      faults: Object.fromEntries(counts.faults),
      sabotage: kind === "sqlite" ? await sabotage({ ...world, witness, domain, rows }) : undefined,
    };
  } finally {
    await world.stop();
  }
}

interface KillOptions {
  readonly moment: KillMoment;
  readonly fault: Fault;
  readonly random: SeededRandom;
  readonly witness: Witness;
  /** Called while the process is gone. */
  readonly judge: () => Promise<void>;
}

/** Kills one process at its moment, judges what it left, and starts it again. */
async function killOnce(world: ChaosWorld, { fault, judge, moment, random, witness }: KillOptions): Promise<void> {
  const { proxies, relays } = world;
  const awaited = awaitMoment(moment, { witness, proxies, random });
  await fault.begin(world);
  // Some kills come while the fault lasts, others in what follows it.
  const over = sleep(random.between(0, LONGEST_FAULT_MS)).then(async () => fault.end(world));
  const victim = relays[(await awaited.come) ?? random.between(0, relays.length - 1)];
  if (victim === undefined) throw new Error("there is nobody to kill");
  await victim.serves();
  if (moment === "while it stops") {
    victim.terminate();
    await sleep(random.between(0, MOST_STOPPING_MS));
  }
  await victim.kill();
  awaited.release();
  await over;
  if (moment === "while it starts") {
    victim.launch(fault.env);
    await sleep(random.between(0, MOST_STARTING_MS));
    await victim.kill();
  }
  await judge();
  victim.launch(fault.env);
  // Where others serve, the next kill need not wait for it.
  if (relays.length === 1) await victim.serves();
}

/** Whether a fault lets a moment come at all: nothing is settled through an endpoint that does not answer. */
function isPossible(moment: KillMoment, { name }: Fault): boolean {
  return !moment.includes("settlement") || !name.startsWith("RPC");
}

/** Waits until everything is settled that a deposit covers. Resolves to what is not, after a while. */
async function settleRest(world: ChaosWorld, witness: Witness): Promise<bigint> {
  for (let looks = SETTLE_LOOKS; ; looks--) {
    const left = await uncollectedIn(world, witness);
    if (left === 0n || looks === 0) return left;
    await sleep(SETTLE_LOOK_MS);
  }
}

async function uncollectedIn(world: ChaosWorld, { channels }: Witness): Promise<bigint> {
  const { deployment, publicClient } = world.stage.local;
  const store = await world.openStore();
  try {
    let left = 0n;
    for (const [channel, { pricePerGiB }] of channels) {
      const held = (await store.readChannel(channel))?.state.acknowledged.deliveredBytes ?? 0n;
      const { closed, deposit, settledBytes } = await readChannel(publicClient, { deployment, channel });
      const covered = coveredBytes(deposit, pricePerGiB);
      if (!closed) left += owed(held < covered ? held : covered, pricePerGiB) - owed(settledBytes, pricePerGiB);
    }
    return left;
  } finally {
    await store.stop();
  }
}

/** The items of a list in ever new order: each call gives the next one that will do. */
function endlessly<Item>(list: readonly Item[], random: SeededRandom): (willDo: (item: Item) => boolean) => Item {
  const waiting: Item[] = [];
  return (willDo) => {
    for (;;) {
      const next = waiting.findIndex(willDo);
      const [item] = next < 0 ? [] : waiting.splice(next, 1);
      if (item !== undefined) return item;
      waiting.push(...random.shuffle(list));
    }
  };
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
