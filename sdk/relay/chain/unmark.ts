import type { Hex } from "../../core/index.ts";
import type { Channels } from "../channels.ts";
import type { Lease } from "../store/relayStore.ts";

/** Takes back what is written down on a channel of a transaction that is over, or that never was. */
export async function unmark(channels: Channels, id: Hex, lease: Lease): Promise<void> {
  await channels.step(
    id,
    (state) => (state.settling !== 0n || state.closing ? { type: "settling", bytes: 0n } : undefined),
    lease,
  );
  await channels.step(id, (state) => (state.funding !== 0n ? { type: "funding", total: 0n } : undefined), lease);
}
