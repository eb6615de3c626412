import { owed } from "../../core/index.ts";
import type { Deployment, Hex } from "../../core/index.ts";
import type { RelayChannel } from "../../exchange/index.ts";
import { tokensOf } from "../connect.ts";

/** What a channel is to its relay, in one word. */
export type ChannelState = "open" | "idle" | "closing" | "closed";

/** A channel as `--json` states it. Amounts are tokens as decimal text, sizes bytes as decimal text, times seconds. */
export interface ChannelFacts {
  readonly id: Hex;
  readonly signer: Hex;
  readonly state: ChannelState;
  readonly pricePerGiB: string;
  readonly deposit: string;
  readonly acknowledgedBytes: string;
  readonly settledBytes: string;
  /** What is receipted and not settled. */
  readonly unsettled: string;
  /** When the payer asked to close it, and from when anybody may finalize that. */
  readonly closing?: { readonly requestedAt: number; readonly finalAt: number };
}

/** `open`: with a session. `closing`: somebody is closing it. `idle`: neither. */
export function channelState({ chain, closing, session }: RelayChannel): ChannelState {
  if (chain.closed) return "closed";
  if (closing || chain.closeRequestedAt !== 0) return "closing";
  return session === undefined ? "idle" : "open";
}

/** Token base units that are receipted and not settled, whether the deposit covers them yet or not. */
export function unsettledValue({ acknowledged, chain, channel: { pricePerGiB } }: RelayChannel): bigint {
  if (chain.closed) return 0n;
  const value = owed(acknowledged.deliveredBytes, pricePerGiB) - owed(chain.settledBytes, pricePerGiB);
  return value > 0n ? value : 0n;
}

/** The facts of a channel. */
export function channelFacts(state: RelayChannel, deployment: Deployment): ChannelFacts {
  const { acknowledged, chain, channel, id } = state;
  const { closed, closeRequestedAt } = chain;
  return {
    id,
    signer: channel.signer,
    state: channelState(state),
    pricePerGiB: tokensOf(channel.pricePerGiB, deployment),
    deposit: tokensOf(chain.deposit, deployment),
    acknowledgedBytes: String(acknowledged.deliveredBytes),
    settledBytes: String(chain.settledBytes),
    unsettled: tokensOf(unsettledValue(state), deployment),
    ...(closed || closeRequestedAt === 0
      ? {}
      : { closing: { requestedAt: closeRequestedAt, finalAt: closeRequestedAt + channel.gracePeriod } }),
  };
}
