import { owed } from "../core/index.ts";
import { outstandingBytes, reservedBytes } from "../exchange/index.ts";
import type { RelayChannel } from "../exchange/index.ts";
import type { RelayRecords } from "../relay/index.ts";

/** What a relay has delivered and not collected. Amounts are token base units. */
export interface Exposure {
  /** What viewers acknowledged and no settlement collected yet. */
  readonly unsettled: bigint;
  /** Bytes that left, or are leaving, and that nobody acknowledged or paid. */
  readonly unsecuredBytes: bigint;
  /** What those are worth: the most that the relay can lose. */
  readonly unsecured: bigint;
  /** When the first of the viewers that asked to close can take back what is not settled, in seconds since the epoch. */
  readonly firstDeadline?: number;
  /** How many asked. */
  readonly closing: number;
}

/** Sums up every channel with something at stake, page by page. */
export async function readExposure(records: Pick<RelayRecords, "channels">): Promise<Exposure> {
  let sum: Exposure = { unsettled: 0n, unsecuredBytes: 0n, unsecured: 0n, closing: 0 };
  for await (const { state } of records.channels({ which: "at-stake" })) sum = addChannel(sum, state);
  return sum;
}

/** What the channel's highest receipt is worth beyond what was settled. */
export function unsettledValue({ acknowledged, chain, channel: { pricePerGiB } }: RelayChannel): bigint {
  if (chain.closed) return 0n;
  return owed(acknowledged.deliveredBytes, pricePerGiB) - owed(chain.settledBytes, pricePerGiB);
}

function addChannel(sum: Exposure, state: RelayChannel): Exposure {
  const { chain, channel } = state;
  const bytes = chain.closed ? 0n : outstandingBytes(state) + reservedBytes(state);
  const next = {
    ...sum,
    unsettled: sum.unsettled + unsettledValue(state),
    unsecuredBytes: sum.unsecuredBytes + bytes,
    unsecured: sum.unsecured + owed(bytes, channel.pricePerGiB),
  };
  if (chain.closeRequestedAt === 0 || chain.closed) return next;
  const deadline = chain.closeRequestedAt + channel.gracePeriod;
  const firstDeadline = Math.min(sum.firstDeadline ?? Infinity, deadline);
  return { ...next, closing: sum.closing + 1, firstDeadline };
}
