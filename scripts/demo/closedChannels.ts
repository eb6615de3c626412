import { setTimeout as sleep } from "node:timers/promises";
import { getWeirEvents } from "../../sdk/chain/index.ts";
import type { Address } from "../../sdk/core/index.ts";
import type { LocalDeployment } from "../local/localDeployment.ts";
import type { Watching } from "./viewers.ts";

/** A channel's end as the chain tells it. */
export interface ClosedChannel {
  readonly signer: Address;
  readonly payee: Address;
  readonly settledBytes: bigint;
}

const TIMEOUT_MS = 60_000;

/** Waits until the relays have closed every channel on which a receipt was acknowledged; a minute at most. */
export async function closedChannels(
  { publicClient: client, deployment }: LocalDeployment,
  watchings: readonly Watching[],
): Promise<readonly ClosedChannel[]> {
  const used = watchings.flatMap(({ shares }) => [...shares.values()]).filter(({ acknowledged }) => acknowledged > 0n);
  const giveUpAt = performance.now() + TIMEOUT_MS;
  for (;;) {
    const toBlock = await client.getBlockNumber({ cacheTime: 0 });
    const events = await getWeirEvents(client, { deployment, fromBlock: 0n, toBlock, eventNames: ["Closed"] });
    if (events.length >= used.length || performance.now() > giveUpAt) return events.map(({ args }) => args);
    await sleep(100);
  }
}
