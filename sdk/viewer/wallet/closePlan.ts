import { closeWithSignatureCall } from "../../chain/paymentChannels/closeWithSignature.ts";
import { finalizeCloseCall } from "../../chain/paymentChannels/finalizeClose.ts";
import { fundCall } from "../../chain/paymentChannels/fund.ts";
import type { MulticallOptions } from "../../chain/paymentChannels/multicall.ts";
import { requestCloseCall } from "../../chain/paymentChannels/requestClose.ts";
import { settleCall } from "../../chain/paymentChannels/settle.ts";
import { withdrawCall } from "../../chain/paymentChannels/withdraw.ts";
import { coveredBytes, owed } from "../../core/amounts.ts";
import type { Deployment } from "../../core/deployment.ts";
import type { Address, Hex } from "../../core/hex.ts";
import type { SettleRow } from "../../core/receipt.ts";
import type { CompactSignature } from "../../core/signature.ts";
import { verifiedTotals } from "../../exchange/index.ts";
import type { StoredBook } from "../channelBook.ts";
import { claimsOn } from "./sessionMoney.ts";
import type { OpenChannel, SessionMoney } from "./sessionMoney.ts";

/** A relay's leave to close a channel at once, with the receipt that pays it in the same transaction. */
export interface ClosingLeave {
  /** The payee's or its agent's `Close`, over `payableBytes`. */
  readonly signature: CompactSignature;
  /** The session key's receipt over everything that was verified; undefined if that is nothing. */
  readonly row: SettleRow | undefined;
}

/** An account that is to be emptied. */
export interface AccountToClose {
  readonly signer: Address;
  readonly money: SessionMoney;
  /** What its viewers remember; empty if that is lost. */
  readonly book: StoredBook;
  /** By channel. */
  readonly leaves: ReadonlyMap<Hex, ClosingLeave>;
}

/** What comes back later. */
export interface LaterRefund {
  /** Whom it waits for. */
  readonly payee: Address;
  /** Token base units at most: the relay may settle a part of it until then. */
  readonly amount: bigint;
  /** From when on, in seconds since the epoch: a second confirmation brings it home then. */
  readonly at: number;
}

/** How accounts are emptied. Amounts are token base units. */
export interface ClosePlan {
  /** What the wallet gets by confirming now. */
  readonly now: bigint;
  readonly later: readonly LaterRefund[];
  /** What relays are paid for verified bytes by the same transaction. */
  readonly paid: bigint;
  /** What stays in accounts for relays whose funding is signed and not posted yet, and until when. */
  readonly held: bigint;
  readonly heldUntil: number;
  /** How often the wallet has to confirm now: once, or not at all if there is nothing to do. */
  readonly confirmations: 0 | 1;
  /** The one transaction, as calls of the escrow. */
  readonly calls: MulticallOptions["calls"];
}

interface Share {
  readonly calls: MulticallOptions["calls"];
  readonly now: bigint;
  readonly later: readonly LaterRefund[];
  readonly paid: bigint;
  readonly held: bigint;
  readonly heldUntil: number;
}

/**
 * Empties accounts in one transaction as far as that is possible now. Channels with a relay's leave are paid and closed at
 * once; others are asked to be closed, and come back when their grace period is over. Pure.
 *
 * @param owner the wallet that sends it and gets the money
 * @param time of the chain, in seconds since the epoch
 */
export function planClose(
  deployment: Deployment,
  owner: Address,
  accounts: readonly AccountToClose[],
  time: number,
): ClosePlan {
  const shares = accounts.map((account) => shareOf(deployment, owner, account, time));
  const sum = (amount: (share: Share) => bigint): bigint => shares.reduce((all, share) => all + amount(share), 0n);
  const calls = shares.flatMap((share) => share.calls);
  return {
    now: sum((share) => share.now),
    later: shares.flatMap((share) => share.later),
    paid: sum((share) => share.paid),
    held: sum((share) => share.held),
    heldUntil: Math.max(0, ...shares.map((share) => share.heldUntil)),
    confirmations: calls.length > 0 ? 1 : 0,
    calls,
  };
}

/** One account's part of the transaction. */
function shareOf(deployment: Deployment, owner: Address, account: AccountToClose, time: number): Share {
  const { book, money, signer } = account;
  const agreed = closeAgreed(deployment, account);
  const open = money.open.filter(({ id }) => !agreed.ids.has(id));
  const pages = book.pages.filter(({ state }) => !agreed.ids.has(state.id));
  const claims = claimsOn({ ...book, pages }, { ...money, open }, time);
  const { held } = claims;
  const fresh = open.filter(({ closableAt }) => closableAt === 0);
  const ripe = open.filter(({ closableAt }) => closableAt !== 0 && closableAt <= time);
  const waiting = open.filter(({ closableAt }) => closableAt > time);
  /** What a relay has not settled yet it may settle before this is mined. */
  const least = ({ deposit, id, settled }: OpenChannel): bigint => {
    const page = pages.find(({ state }) => state.id === id);
    const verified = page === undefined ? settled : owedOn(page.state);
    return deposit - min(deposit, max(settled, verified));
  };
  const balance = agreed.balance + ripe.reduce((all, channel) => all + least(channel), 0n);
  const amount = balance > held ? balance - held : 0n;
  return {
    calls: [
      ...agreed.calls,
      ...fresh.map(({ channel }) => requestCloseCall({ deployment, channel })),
      ...ripe.map(({ channel }) => finalizeCloseCall({ deployment, channel })),
      ...(amount > 0n ? [withdrawCall({ deployment, signer, amount, to: owner })] : []),
    ],
    now: amount,
    later: [
      ...fresh.map((channel) => refundOf(channel, least(channel), time + channel.channel.gracePeriod)),
      ...waiting.map((channel) => refundOf(channel, least(channel), channel.closableAt)),
    ],
    paid: agreed.paid,
    held,
    heldUntil: claims.heldUntil,
  };
}

interface Agreed {
  readonly ids: ReadonlySet<Hex>;
  readonly calls: MulticallOptions["calls"];
  /** Of the account afterwards. */
  readonly balance: bigint;
  readonly paid: bigint;
}

/** Pays and closes the channels whose relays agreed, as far as the account goes. */
function closeAgreed(deployment: Deployment, { book, leaves, money }: AccountToClose): Agreed {
  const calls: MulticallOptions["calls"][number][] = [];
  const ids = new Set<Hex>();
  let { balance } = money;
  let paid = 0n;
  const agreed = book.pages
    .flatMap(({ state }) => {
      const leave = leaves.get(state.id);
      const known = money.open.find(({ id }) => id === state.id);
      return leave === undefined
        ? []
        : [{ state, leave, deposit: known?.deposit ?? 0n, settled: known?.settled ?? 0n }];
    })
    // Those that bring something first: others may need it.
    .sort((a, b) => (shortOf(a) < shortOf(b) ? -1 : 1));
  for (const each of agreed) {
    const { deposit, leave, settled, state } = each;
    const { channel, id } = state;
    const minSettledBytes = payableBytes(state, deposit);
    const due = owed(minSettledBytes, channel.pricePerGiB);
    // One that is not on the chain yet is opened, however little is due: until it is closed there, signed funding can.
    const total = deposit === 0n && due === 0n ? 1n : due;
    if (total - deposit > balance) continue;
    ids.add(id);
    // By the owner: it also takes back an earlier request to close.
    if (total > deposit) calls.push(fundCall({ deployment, channel, total }));
    if (leave.row !== undefined) calls.push(settleCall({ deployment, payee: channel.payee, rows: [leave.row] }));
    calls.push(closeWithSignatureCall({ deployment, channel, minSettledBytes, signature: leave.signature }));
    balance += deposit - due;
    paid += due - settled;
  }
  return { ids, calls, balance, paid };
}

/** What the deposit of a channel lacks for what was verified; negative if something of it is left. */
function shortOf({ deposit, state }: { readonly deposit: bigint; readonly state: Paged }): bigint {
  return owed(payableBytes(state, deposit), state.channel.pricePerGiB) - deposit;
}

/**
 * The verified bytes of a channel that funding was signed for: what it is to be closed with. The rest the relay gave on
 * credit that no funding came for; paying it would exceed the budget.
 *
 * @param deposit of the channel on the chain, in token base units
 */
export function payableBytes(state: Paged, deposit: bigint): bigint {
  const covered = coveredBytes(max(deposit, state.fund?.total ?? 0n), state.channel.pricePerGiB);
  return min(verifiedTotals(state).deliveredBytes, covered);
}

type Paged = StoredBook["pages"][number]["state"];

function owedOn(state: Paged): bigint {
  return owed(verifiedTotals(state).deliveredBytes, state.channel.pricePerGiB);
}

function refundOf({ channel }: OpenChannel, amount: bigint, at: number): LaterRefund {
  return { payee: channel.payee, amount, at };
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
