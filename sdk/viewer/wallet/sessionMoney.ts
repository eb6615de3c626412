import type { ReadClient } from "../../chain/clients.ts";
import { getWeirEvents } from "../../chain/getWeirEvents.ts";
import { readAccount } from "../../chain/paymentChannels/readAccount.ts";
import { readChannel } from "../../chain/paymentChannels/readChannel.ts";
import { owed } from "../../core/amounts.ts";
import { channelId } from "../../core/channel.ts";
import type { Channel } from "../../core/channel.ts";
import type { Deployment } from "../../core/deployment.ts";
import { WeirError } from "../../core/weirError.ts";
import type { Address, Hex } from "../../core/hex.ts";
import { verifiedTotals } from "../../exchange/index.ts";
import type { StoredBook } from "../channelBook.ts";

/** A channel of a session that is not closed, as the chain has it. Amounts are token base units. */
export interface OpenChannel {
  readonly id: Hex;
  readonly channel: Channel;
  readonly deposit: bigint;
  /** What settlements paid. */
  readonly settled: bigint;
  /** When anyone may close it, in seconds since the epoch; 0 while nobody asked. */
  readonly closableAt: number;
}

/** What the chain says about a session's money. */
export interface SessionMoney {
  /** The zero address while the account was never opened. */
  readonly owner: Address;
  /** Of the account: neither withdrawn nor in a channel. */
  readonly balance: bigint;
  readonly open: readonly OpenChannel[];
  readonly closed: readonly Hex[];
  /** What settlements paid on all channels. */
  readonly settled: bigint;
}

/** What a relay may still draw by statements that the session signed. */
export interface Claims {
  /** Verified and not settled: owed to relays, as far as funding covers it. */
  readonly owed: bigint;
  /** What of the account's balance signed funding that no relay has posted yet can take for bytes that were verified. */
  readonly held: bigint;
  /** Until when it can, in seconds since the epoch; 0 if it cannot. */
  readonly heldUntil: number;
}

/** A transaction of a relay between two reads is rare; one between each of so many is a chain that cannot be read. */
const ATTEMPTS = 5;

/**
 * Reads a session's account and every channel that was ever funded from it, so that no token is missing or counted twice:
 * what moves between account and channels meanwhile changes the balance, and then everything is read again.
 *
 * @param since the block to begin reading events at
 * @throws WeirError `chain-unavailable`
 */
export async function readSessionMoney(
  client: ReadClient,
  deployment: Deployment,
  signer: Address,
  since: number,
): Promise<SessionMoney> {
  let account = await readAccount(client, { deployment, signer });
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const { balance } = account;
    const channels = await readChannels(client, deployment, signer, since);
    account = await readAccount(client, { deployment, signer });
    if (account.balance === balance) return { ...account, ...channels };
  }
  throw new WeirError("chain-unavailable", "the account changed with every read");
}

async function readChannels(
  client: ReadClient,
  deployment: Deployment,
  signer: Address,
  since: number,
): Promise<Pick<SessionMoney, "open" | "closed" | "settled">> {
  const where = { signer };
  const eventNames = ["Funded"] as const;
  const funded = await getWeirEvents(client, { deployment, fromBlock: BigInt(since), eventNames, where });
  const channels = new Map<Hex, Channel>();
  for (const { args } of funded) {
    const { gracePeriod, nonce, payee, pricePerGiB } = args;
    const channel = { signer, payee, pricePerGiB, gracePeriod, nonce };
    channels.set(channelId(channel), channel);
  }
  const states = await Promise.all(
    Array.from(channels, async ([id, channel]) => {
      const state = await readChannel(client, { deployment, channel: id });
      return { id, channel, ...state, settled: owed(state.settledBytes, channel.pricePerGiB) };
    }),
  );
  return {
    open: states
      .filter(({ closed }) => !closed)
      .map(({ channel, closeRequestedAt, deposit, id, settled }) => {
        const closableAt = closeRequestedAt === 0 ? 0 : closeRequestedAt + channel.gracePeriod;
        return { id, channel, deposit, settled, closableAt };
      }),
    closed: states.filter(({ closed }) => closed).map(({ id }) => id),
    settled: states.reduce((sum, { settled }) => sum + settled, 0n),
  };
}

/**
 * What relays have a right to, by what the session remembers of its channels.
 *
 * @param now seconds since the epoch
 */
export function claimsOn({ pages }: StoredBook, { closed, open }: SessionMoney, now: number): Claims {
  let total = 0n;
  let held = 0n;
  let heldUntil = 0;
  for (const { state } of pages) {
    if (closed.includes(state.id)) continue;
    const { deposit = 0n, settled = 0n } = open.find(({ id }) => id === state.id) ?? {};
    const verified = owed(verifiedTotals(state).deliveredBytes, state.channel.pricePerGiB);
    const { total: fund = 0n, validUntil = 0 } = state.fund ?? {};
    const reachable = validUntil > now && fund > deposit ? fund : deposit;
    const due = verified < reachable ? verified : reachable;
    if (due > settled) total += due - settled;
    if (due > deposit) {
      held += due - deposit;
      heldUntil = Math.max(heldUntil, validUntil);
    }
  }
  return { owed: total, held, heldUntil };
}

/** What all channels of a session have cost so far, in token base units: what was verified, settled or not. */
export function costSoFar({ pages, spent }: StoredBook): bigint {
  return pages.reduce(
    (sum, { state }) => sum + owed(verifiedTotals(state).deliveredBytes, state.channel.pricePerGiB),
    spent,
  );
}

/**
 * What signed funding that no relay has posted yet may take out of the account, used for or not.
 *
 * @param now seconds since the epoch
 */
export function promisedFunding({ pages }: StoredBook, { closed, open }: SessionMoney, now: number): bigint {
  return pages.reduce((sum, { state: { fund, id } }) => {
    const deposit = open.find((each) => each.id === id)?.deposit ?? 0n;
    const isPromised = fund !== undefined && fund.validUntil > now && !closed.includes(id);
    return isPromised && fund.total > deposit ? sum + fund.total - deposit : sum;
  }, 0n);
}

/** An account that a wallet opened, and the block it did in. */
export interface OpenedAccount {
  readonly signer: Address;
  readonly since: number;
}

/**
 * Every account that a wallet ever opened in this deployment, by the chain's events: it takes no session key, so it also
 * finds those of browsers that are lost.
 *
 * @throws WeirError `chain-unavailable`
 */
export async function findAccounts(
  client: ReadClient,
  deployment: Deployment,
  owner: Address,
): Promise<OpenedAccount[]> {
  const opened = await getWeirEvents(client, { deployment, eventNames: ["AccountOpened"], where: { owner } });
  return opened.map(({ args, blockNumber }) => ({ signer: args.signer, since: Number(blockNumber) }));
}
