import { channelId, coveredBytes, owed, WeirError } from "../core/index.ts";
import type { Acknowledged, Channel, Hex, SignedFund } from "../core/index.ts";
import type { RelayPolicy } from "./relayPolicy.ts";

/** What the chain says about a channel and the account behind it. Read it from confirmed blocks. */
export interface ChainView {
  /** The block that it was read at. Within an era, an older view than the one known changes nothing. */
  readonly block: number;
  /**
   * How often blocks that were read had been replaced by others when it was read; absent for never. A view of a later era
   * counts whatever it says: money that was there may be gone, and be settled again.
   */
  readonly era?: number;
  /** Time of the newest block that is known, in seconds since the epoch: the clock that the escrow goes by. */
  readonly time?: number;
  /** Token base units in the channel, spent ones included. */
  readonly deposit: bigint;
  /** Bytes of the highest receipt that was settled. */
  readonly settledBytes: bigint;
  /** When the payer asked to close, in seconds since the epoch; 0 if it did not. */
  readonly closeRequestedAt: number;
  readonly closed: boolean;
  /** Free token base units of the signer's account. */
  readonly balance: bigint;
}

/** A metered transfer under way. */
export interface Transfer {
  /** Unique among the transfers of the channel; chosen by the caller. */
  readonly id: string;
  /** Bytes of the whole resource. */
  readonly size: bigint;
}

/** One channel as its relay sees it. Plain immutable data; `relayChannelCodec.ts` writes it down. */
export interface RelayChannel {
  readonly id: Hex;
  readonly channel: Channel;
  /** The root before the first byte. */
  readonly seed: Hex;
  /** The open session, if any. */
  readonly session: string | undefined;
  /** When the last session ended, in seconds since the epoch; 0 before. */
  readonly endedAt: number;
  /** Bytes of credit that the channel was granted when its session opened, before any growth. */
  readonly startingCredit: bigint;
  /** The highest receipt. `deliveredBytes` of it is what the protocol calls `receipted`. */
  readonly acknowledged: Acknowledged;
  /** The highest funding that the viewer signed and the relay holds. */
  readonly fund: SignedFund | undefined;
  /** Metered bytes that left, whole or aborted; never below what was receipted or settled. */
  readonly served: bigint;
  /** Bytes written off by recovery. */
  readonly forgiven: bigint;
  /** Up to when recovery is accounted for, in seconds since the epoch. */
  readonly recoveredAt: number;
  /** What is reserved. */
  readonly transfers: readonly Transfer[];
  readonly chain: ChainView;
  /** Whether the viewer said that it is done; until it opens a session again. */
  readonly finished: boolean;
  /** Whether the agent let the payer close it at once: nothing more is served or receipted on it, ever. */
  readonly released?: true;
  /** Bytes of a settlement that is written down and not yet seen on the chain; 0 if none. */
  readonly settling: bigint;
  /** Whether that settlement closes the channel: nothing more is served on it. */
  readonly closing: boolean;
  /** Total of a funding that is written down and not yet seen on the chain; 0 if none. */
  readonly funding: bigint;
  /** Since when there is something to settle, in seconds since the epoch; 0 if there is nothing. */
  readonly unsettledSince: number;
}

/** Nothing known: what a channel's chain view is before the first read. */
const UNREAD: ChainView = {
  block: -1,
  deposit: 0n,
  settledBytes: 0n,
  closeRequestedAt: 0,
  closed: false,
  balance: 0n,
};

/**
 * A channel that nobody used yet. It serves nothing before the chain was read and a session opened.
 *
 * @param channel its terms must have been checked against the relay's own
 * @param seed chosen by the viewer
 * @throws WeirError `malformed-message` if the descriptor has the wrong form
 */
export function newRelayChannel(channel: Channel, seed: Hex): RelayChannel {
  return {
    id: channelId(channel),
    channel,
    seed,
    session: undefined,
    endedAt: 0,
    startingCredit: 0n,
    acknowledged: { deliveredBytes: 0n, segmentsRoot: seed },
    fund: undefined,
    served: 0n,
    forgiven: 0n,
    recoveredAt: 0,
    transfers: [],
    chain: UNREAD,
    finished: false,
    settling: 0n,
    closing: false,
    funding: 0n,
    unsettledSince: 0,
  };
}

/** Sizes of the transfers under way, in bytes. */
export function reservedBytes({ transfers }: RelayChannel): bigint {
  let bytes = 0n;
  for (const transfer of transfers) bytes += transfer.size;
  return bytes;
}

/** Bytes that the confirmed deposit pays for. */
export function confirmedBytes({ chain, channel }: RelayChannel): bigint {
  return coveredBytes(chain.deposit, channel.pricePerGiB);
}

/** Bytes that are receipted and paid for, or settled already. Nobody can take these away. */
export function securedBytes(state: RelayChannel): bigint {
  const receipted = state.acknowledged.deliveredBytes;
  const covered = confirmedBytes(state);
  const secured = receipted < covered ? receipted : covered;
  return secured < state.chain.settledBytes ? state.chain.settledBytes : secured;
}

/** Bytes that left and are neither secured nor written off: what the channel owes. */
export function outstandingBytes(state: RelayChannel): bigint {
  const outstanding = state.served - state.forgiven - securedBytes(state);
  return outstanding > 0n ? outstanding : 0n;
}

/** Bytes that the channel may owe: its starting credit and what it earned by paying. */
export function creditBytes(state: RelayChannel, policy: RelayPolicy): bigint {
  const { startingCredit } = state;
  if (startingCredit >= policy.creditCeiling) return startingCredit;
  const credit = startingCredit + (securedBytes(state) * policy.creditGrowthPercent) / 100n;
  return credit < policy.creditCeiling ? credit : policy.creditCeiling;
}

/** Token base units that a settlement would collect now. */
export function collectable(state: RelayChannel): bigint {
  const { pricePerGiB } = state.channel;
  return owed(securedBytes(state), pricePerGiB) - owed(state.chain.settledBytes, pricePerGiB);
}

/**
 * Bytes that count against the bounds on credit that `grantCredit` keeps: the whole grant while the session is open,
 * then what is owed, for a day.
 *
 * @param now seconds since the epoch
 */
export function grantTaken(state: RelayChannel, policy: RelayPolicy, now: number): bigint {
  if (state.session !== undefined) return state.startingCredit;
  if (now >= state.endedAt + policy.debtSeconds || state.chain.closed) return 0n;
  const debt = outstandingBytes(state) + reservedBytes(state);
  return debt < state.startingCredit ? debt : state.startingCredit;
}

/**
 * A channel on its way out serves nothing, and opens no session (X7).
 *
 * @throws WeirError `channel-closed`, `close-pending`
 */
export function assertServing(state: RelayChannel): void {
  assertAccepting(state);
  if (state.chain.closeRequestedAt !== 0) throw new WeirError("close-pending");
}

/**
 * A receipt that arrives after the closing transaction was written, or may have been by its payer, could no longer be
 * settled.
 *
 * @throws WeirError `channel-closed`
 */
export function assertAccepting(state: RelayChannel): void {
  if (state.chain.closed || state.closing || state.released) throw new WeirError("channel-closed");
}
