import { setTimeout as sleep } from "node:timers/promises";
import type { Relay, Unsettled } from "../relay/index.ts";

const LOOK_MS = 250;

/**
 * Waits while a running relay, whose server takes no more requests, collects what is due by its own rules, and until that
 * is mined. A chain that cannot be reached is waited for as well. Resolves to what is left.
 *
 * @throws WeirError `storage-failed`
 */
export async function drainRelay(relay: Relay, timeoutMs: number): Promise<Unsettled> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const unsettled = await relay.unsettled(Math.max(end - performance.now(), LOOK_MS));
    const isAwaited = unsettled.pending > 0 || (unsettled.due && !unsettled.gasLimited);
    if (!isAwaited || performance.now() >= end) return unsettled;
    await sleep(LOOK_MS);
  }
}

/** Why not everything is settled, in words. */
export function explainUnsettled(unsettled: Unsettled | undefined, show: (amount: bigint) => string): string {
  if (unsettled === undefined) return "what is left could not be read; receipts are kept";
  const { channels, cost = 0n, due, error, gasLimited, pending, value } = unsettled;
  if (pending > 0) return `${pending} transaction is not mined yet; the next start takes it up`;
  if (value === 0n) return "everything is settled";
  const why = (): string => {
    if (error !== undefined) return `${error.shortMessage} [${error.code}]; the next start settles them`;
    if (gasLimited) return "gas is above the limit that is set, and they are settled once it is cheaper";
    if (due) return "there was no time to settle them; the next start does";
    return `settling costs about ${show(cost)}, too much for now, and is done once it pays`;
  };
  return `${show(value)} of ${channels} channels are kept: ${why()}`;
}
