import type { ReadClient } from "../../chain/clients.ts";
import { readChannel } from "../../chain/paymentChannels/readChannel.ts";
import type { Deployment } from "../../core/deployment.ts";
import type { Hex } from "../../core/hex.ts";
import { systemClock } from "../clock.ts";

/** For a transaction of a relay that is on its way: some blocks. */
const PATIENCE_MS = 60_000;
const POLL_MS = 1_000;

/**
 * Waits until the chain says that channels are closed which their relays are closing by themselves. Not for ever: a relay's
 * word may be a lie, and its transaction may be stuck.
 *
 * @throws WeirError `chain-unavailable`
 */
export async function awaitClosings(
  client: ReadClient,
  deployment: Deployment,
  channels: readonly Hex[],
): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  for (const channel of channels) {
    while (!(await readChannel(client, { deployment, channel })).closed) {
      if (performance.now() > until) return;
      await systemClock.wait(POLL_MS, new AbortController().signal);
    }
  }
}
