import { grantTaken, isFunded, outstandingBytes, reservedBytes } from "../exchange/index.ts";
import type { RelayChannel, RelayPolicy } from "../exchange/index.ts";
import type { ChannelIndex } from "./store/relayStore.ts";

/** What the store finds a channel by. */
export function channelIndex(state: RelayChannel, policy: RelayPolicy, now: number): ChannelIndex {
  return {
    taken: grantTaken(state, policy, now),
    takenUntil: state.session === undefined ? state.endedAt + policy.debtSeconds : Number.MAX_SAFE_INTEGER,
    funded: isFunded(state),
    collectable: isCollectable(state),
    collecting: isCollecting(state),
  };
}

/** Whether a transaction that collects from the channel is written down. */
function isCollecting({ settling, funding, closing }: RelayChannel): boolean {
  return settling !== 0n || funding !== 0n || closing;
}

/** Whether `planCollection` could have a use for the channel: it decides, this only narrows down. */
function isCollectable(state: RelayChannel): boolean {
  const { acknowledged, chain, fund, finished } = state;
  if (chain.closed || isCollecting(state)) return false;
  if (acknowledged.deliveredBytes > chain.settledBytes) return true;
  if (finished && chain.deposit > 0n) return true;
  return fund !== undefined && fund.total > chain.deposit && outstandingBytes(state) + reservedBytes(state) > 0n;
}
