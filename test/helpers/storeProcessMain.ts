import { once } from "node:events";
import { domainSeparator, nobleSecp256k1, WeirError } from "../../sdk/core/index.ts";
import type { Channel, Hex } from "../../sdk/core/index.ts";
import { defaultRelayPolicy } from "../../sdk/exchange/index.ts";
import { openChannels } from "../../sdk/relay/channels.ts";
import type { Channels } from "../../sdk/relay/channels.ts";
import { postgresStore } from "../../sdk/relay/index.ts";
import type { Lease } from "../../sdk/relay/index.ts";
import { paperDomain } from "./relayFixture.ts";
import { NOW } from "./storeFixture.ts";
import { MIB, SESSION, signerCredit, toChannel } from "./storeProcess.ts";
import type { StoreTask } from "./storeProcess.ts";

const [{ url, schema }] = (await once(process, "message")) as [{ url: string; schema: string }];
const store = postgresStore({ connectionString: url, schema, maxConnections: 6 });
await store.start();
const openDriver = (): Channels =>
  openChannels({
    store,
    env: {
      domain: domainSeparator(paperDomain),
      policy: { ...defaultRelayPolicy, signerCredit },
      secp256k1: nobleSecp256k1,
    },
    clock: () => NOW,
    emit: () => undefined,
    onCollect: () => undefined,
    maxCached: 100,
  });
const channels = openDriver();
let lease: Lease | undefined;

async function refused(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return false;
  } catch (error) {
    if (WeirError.is(error)) return true;
    throw error;
  }
}

async function open(channel: Channel): Promise<boolean> {
  const view = { block: 1, deposit: 0n, settledBytes: 0n, closeRequestedAt: 0, closed: false, balance: 1n };
  // One driver opens one at a time: with one each, they race within the process as well.
  const opening = openDriver().open({
    channel,
    session: SESSION,
    seed: `0x${"5e".repeat(32)}`,
    largestResource: 1n,
    view,
  });
  return !(await refused(opening));
}

async function reserve(id: Hex, transfer: string): Promise<boolean> {
  const input = { type: "reserve", session: SESSION, transfer, size: MIB, now: NOW } as const;
  return (await channels.step(id, input)).effects.some(({ type }) => type === "admit");
}

async function run(task: StoreTask): Promise<unknown> {
  switch (task.type) {
    case "open":
      return count(task.channels.map(async (channel) => open(toChannel(channel))));
    case "reserve":
      return count(task.transfers.map(async (transfer) => reserve(task.id, transfer)));
    case "challenges":
      return count(task.ids.map(async (id) => store.useChallenge(id, NOW + 60, NOW)));
    case "lead":
      lease = await store.lead(task.name);
      return lease !== undefined;
    case "put":
      return refused(
        lease?.putTransaction({ nonce: task.nonce, hashes: [], raw: "0x", channels: [], sentAt: NOW }) ??
          Promise.resolve(),
      );
  }
}

async function count(tries: readonly Promise<boolean>[]): Promise<number> {
  return (await Promise.all(tries)).filter(Boolean).length;
}

process.on("message", (task: StoreTask) => {
  void run(task).then((result) => process.send?.(result));
});
process.send?.("ready");
