import type { Hex } from "../../core/index.ts";
import type { Channels } from "../channels.ts";
import type { Lease, RelayTransactionChannel } from "../store/relayStore.ts";

/** Writes down on a channel what a transaction that is on its way does. What the channel refuses by now is left out. */
export async function mark(channels: Channels, aim: RelayTransactionChannel, lease: Lease): Promise<void> {
  const { id, settling, funding, close } = aim;
  if ((await channels.read(id)) === undefined) return;
  if (settling !== 0n || close) {
    const { effects } = await channels.step(
      id,
      ({ chain }) => (chain.closed ? undefined : { type: "settling", bytes: settling, ...(close ? { close } : {}) }),
      lease,
    );
    // A newer receipt came in: the transaction settles what it was sent for, and its closing fails.
    if (effects.some(({ type }) => type === "refuse")) {
      await channels.step(id, { type: "settling", bytes: settling }, lease);
    }
  }
  if (funding !== 0n) {
    await channels.step(id, ({ chain }) => (chain.closed ? undefined : { type: "funding", total: funding }), lease);
  }
}

/** Takes back what is written down on a channel of a transaction that is over, or that never was. */
export async function unmark(channels: Channels, id: Hex, lease: Lease): Promise<void> {
  await channels.step(
    id,
    (state) => (state.settling !== 0n || state.closing ? { type: "settling", bytes: 0n } : undefined),
    lease,
  );
  await channels.step(id, (state) => (state.funding !== 0n ? { type: "funding", total: 0n } : undefined), lease);
}
