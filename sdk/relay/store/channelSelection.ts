import { outstandingBytes, reservedBytes } from "../../exchange/index.ts";
import type { RelayChannel } from "../../exchange/index.ts";
import type { ChannelsQuery } from "./relayRecords.ts";

/** Which channels a query is about. */
interface ChannelSelection {
  /** What the store's index knows about it, as SQL that every database understands; it may let others through. */
  readonly where: string;
  readonly holds: (state: RelayChannel) => boolean;
}

/** Channels that one page of a query reads. */
export const PAGE_ROWS = 500;

const SELECTIONS: Readonly<Record<NonNullable<ChannelsQuery["which"]>, ChannelSelection>> = {
  open: { where: "session", holds: ({ session }) => session !== undefined },
  unsettled: { where: "collectable OR collecting", holds: isUnsettled },
  closing: { where: "TRUE", holds: ({ chain, closing }) => !chain.closed && (closing || chain.closeRequestedAt !== 0) },
  "at-stake": {
    where: "session OR transfers OR collectable OR collecting OR taken > 0",
    holds: (state) => isUnsettled(state) || outstandingBytes(state) + reservedBytes(state) > 0n,
  },
};

const ALL: ChannelSelection = { where: "TRUE", holds: () => true };

/** How to find what a query is about. */
export function channelSelection({ which }: ChannelsQuery): ChannelSelection {
  return which === undefined ? ALL : SELECTIONS[which];
}

function isUnsettled({ acknowledged, chain }: RelayChannel): boolean {
  return !chain.closed && acknowledged.deliveredBytes > chain.settledBytes;
}
