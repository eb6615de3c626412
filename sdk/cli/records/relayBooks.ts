import { owed } from "../../core/index.ts";
import { defaultRelayPolicy, outstandingBytes, reservedBytes } from "../../exchange/index.ts";
import type { Order, RelayRecords, RelayTransaction, RunningRelay } from "../../relay/index.ts";
import { unsettledValue } from "./channelFacts.ts";

/** What a relay's store says about its business. Amounts are token base units. */
export interface RelayBooks {
  readonly running: readonly RunningRelay[];
  /** The last block that was watched. */
  readonly block: number | undefined;
  readonly count: { readonly channels: number; readonly sessions: number };
  /** What is receipted and not settled. */
  readonly unsettled: { readonly channels: number; readonly value: bigint };
  /** What left, or is leaving, and nobody has paid for. */
  readonly unsecured: { readonly channels: number; readonly bytes: bigint; readonly value: bigint };
  readonly transactions: readonly RelayTransaction[];
  readonly orders: readonly Order[];
  /** What all transactions together brought and cost. */
  readonly collected: { readonly transactions: number; readonly value: bigint; readonly cost: bigint };
}

/** @param now seconds since the epoch: debts of sessions that ended a day ago are no longer counted on */
export async function readRelayBooks(records: RelayRecords, now: number): Promise<RelayBooks> {
  const unsettled = { channels: 0, value: 0n };
  const unsecured = { channels: 0, bytes: 0n, value: 0n };
  for await (const { state } of records.channels({ which: "at-stake" })) {
    const { chain, channel, endedAt, session } = state;
    const value = unsettledValue(state);
    if (value > 0n) {
      unsettled.channels++;
      unsettled.value += value;
    }
    const isLive = !chain.closed && (session !== undefined || now < endedAt + defaultRelayPolicy.debtSeconds);
    const bytes = isLive ? outstandingBytes(state) + reservedBytes(state) : 0n;
    if (bytes === 0n) continue;
    unsecured.channels++;
    unsecured.bytes += bytes;
    unsecured.value += owed(bytes, channel.pricePerGiB);
  }
  const collected = { transactions: 0, value: 0n, cost: 0n };
  for await (const { cost, value } of records.collections()) {
    collected.transactions++;
    collected.value += value;
    collected.cost += cost;
  }
  const block = await records.highest("watched block");
  return {
    running: await records.running(),
    block: block === undefined ? undefined : Number(block),
    count: await records.count(),
    unsettled,
    unsecured,
    transactions: (await records.transactions()).filter(({ mined }) => mined === undefined),
    orders: await records.orders(),
    collected,
  };
}
