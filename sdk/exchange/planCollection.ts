import { coveredBytes, owed } from "../core/index.ts";
import type { CollectCosts, CollectPolicy } from "./collectPolicy.ts";
import { collectable, creditBytes, outstandingBytes, reservedBytes, securedBytes } from "./relayChannel.ts";
import type { RelayChannel } from "./relayChannel.ts";
import type { RelayPolicy } from "./relayPolicy.ts";

/** Why a transaction is sent. */
export type CollectionReason =
  /** It collects many times its cost. */
  | "worth"
  /** A payer asked to close: what is not settled in time is lost. */
  | "close-pending"
  /** A receipt has waited long enough. */
  | "age"
  /** Much lies unsettled. */
  | "exposure"
  /** A channel cannot go on before its funding is confirmed. */
  | "credit"
  /** Viewers are done, and what they reserved is theirs again. */
  | "finished";

/** One transaction: fundings first, then one settlement, then the closings. */
export interface Collection {
  readonly reason: CollectionReason;
  /** Channels whose held `Fund` is posted. */
  readonly fund: readonly RelayChannel[];
  /** Channels whose highest receipt is settled. */
  readonly settle: readonly RelayChannel[];
  /** Channels that are closed afterwards, because their viewers are done. */
  readonly close: readonly Closing[];
  /** Token base units that settling brings, before the escrow's fee. */
  readonly value: bigint;
  /** What the transaction costs, in token base units. */
  readonly cost: bigint;
}

/** A channel to close. */
export interface Closing {
  readonly state: RelayChannel;
  /** What must be settled for the closing to go through, in bytes: everything that can be collected at all. */
  readonly minSettledBytes: bigint;
}

/** What deciding takes beside the channels. */
export interface CollectionEnv {
  readonly relay: RelayPolicy;
  readonly policy: CollectPolicy;
  readonly costs: CollectCosts;
  /** Seconds since the epoch. */
  readonly now: number;
}

interface GasPrices {
  readonly transaction: bigint;
  readonly settle: bigint;
  readonly fund: bigint;
  readonly close: bigint;
}

/** A channel with what it would bring; token base units, after the escrow's fee. */
interface Candidate {
  readonly state: RelayChannel;
  /** Bytes that settling reaches, with the funding if there is one. */
  readonly bytes: bigint;
  /** What settling collects, before the fee, with the funding if there is one. */
  readonly value: bigint;
  /** What is left of that for the transaction and the row. */
  readonly net: bigint;
  /** Whether its `Fund` goes first, because that pays by itself. */
  readonly fund: boolean;
  /** Why its `Fund` is posted even if nothing is settled. */
  readonly fundDue: "worth" | "credit" | undefined;
  /** All that the channel will have brought once everything is settled. */
  readonly lifetime: bigint;
  /** Whether its viewer is done and it has brought enough to be worth a closing. */
  readonly closable: boolean;
}

/**
 * The next transaction to send, if one is due. It never costs more than it collects, but for two kinds: fundings that let
 * a channel go on are an investment, made only when the step that the viewer offers is worth it; closings give viewers
 * their money back, on channels that have earned many times the cost.
 *
 * Channels with a transaction under way are left alone, and so are closed ones.
 */
export function planCollection(channels: Iterable<RelayChannel>, env: CollectionEnv): Collection | undefined {
  const prices = priceGas(env.costs);
  const candidates: Candidate[] = [];
  for (const state of channels) {
    if (state.chain.closed || state.settling !== 0n || state.funding !== 0n) continue;
    candidates.push(appraise(state, prices, env));
  }
  return (
    planSettlement(candidates, prices, env) ??
    planFunding(candidates, prices, env) ??
    planClosing(candidates, prices, env)
  );
}

/** What settling so many channels in one transaction costs, some of them funded before, in token base units. */
export function settlementCost(costs: CollectCosts, channels: number, funded = 0): bigint {
  const { fund, settle, transaction } = priceGas(costs);
  return transaction + settle * BigInt(channels) + fund * BigInt(funded);
}

function priceGas({ gasPrice, tokenPerEther, ...gas }: CollectCosts): GasPrices {
  // Rounded up: a cost that rounds to nothing would let dust be settled.
  const price = (units: bigint): bigint => (units * gasPrice * tokenPerEther + ETHER - 1n) / ETHER;
  return {
    transaction: price(gas.transactionGas),
    settle: price(gas.settleGas),
    fund: price(gas.fundGas),
    close: price(gas.closeGas),
  };
}

function appraise(state: RelayChannel, prices: GasPrices, { relay, policy, costs, now }: CollectionEnv): Candidate {
  const afterFee = (value: bigint): bigint => value - (value * costs.feeBps) / 10_000n;
  const { pricePerGiB } = state.channel;
  const value = collectable(state);
  const secured = securedBytes(state);
  // Closing brings nothing but the viewer's money back to its account, so a channel must have earned it.
  const closing = (bytes: bigint, deposit: bigint): Pick<Candidate, "lifetime" | "closable"> => {
    const lifetime = afterFee(owed(bytes, pricePerGiB));
    const cost = (prices.settle + prices.close) * policy.costMultiple;
    return { lifetime, closable: state.finished && deposit > 0n && lifetime >= cost };
  };
  const asIs = closing(secured, state.chain.deposit);
  const bare = { state, bytes: secured, value, net: afterFee(value), fund: false, ...asIs };
  const total = fundableTotal(state, now);
  if (total === undefined) return { ...bare, fundDue: undefined };

  const bytes = min(state.acknowledged.deliveredBytes, coveredBytes(total, pricePerGiB));
  const debt = owed(bytes, pricePerGiB) - owed(secured, pricePerGiB);
  const owing = outstandingBytes(state) + reservedBytes(state);
  const pressed = owing > 0n && owing * 100n >= creditBytes(state, relay) * policy.creditUsedPercent;
  const step = afterFee(total - state.chain.deposit);
  const investment = (prices.transaction + prices.fund + prices.settle) * policy.costMultiple;
  const worth = debt > 0n && afterFee(debt) >= (prices.transaction + prices.fund) * policy.costMultiple;
  const fundDue = worth ? "worth" : pressed && step >= investment ? "credit" : undefined;
  return afterFee(debt) > prices.fund
    ? {
        ...{ state, bytes, value: value + debt, net: afterFee(value + debt) - prices.fund, fund: true, fundDue },
        ...closing(bytes, total),
      }
    : { ...bare, fundDue };
}

/** What the held `Fund` can raise the deposit to now, if it can. */
function fundableTotal({ fund, chain }: RelayChannel, now: number): bigint | undefined {
  if (!fund || fund.validUntil < now || chain.closeRequestedAt !== 0) return undefined;
  const total = min(fund.total, chain.deposit + chain.balance);
  return total > chain.deposit ? total : undefined;
}

function planSettlement(candidates: Candidate[], prices: GasPrices, env: CollectionEnv): Collection | undefined {
  const { costMultiple, maxRows } = env.policy;
  const paying = candidates.filter(({ net }) => net > prices.settle).sort(byUrgency);
  const worth = paying.filter(({ net }) => net >= prices.settle * costMultiple).slice(0, maxRows);
  if (worth.length > 0 && profit(worth, prices, costMultiple) >= 0n) return settlement("worth", worth, prices);
  const rows = paying.slice(0, maxRows);
  const reason = urgency(rows, env);
  return reason !== undefined && profit(rows, prices, 1n) >= 0n ? settlement(reason, rows, prices) : undefined;
}

/** Channels whose payers asked to close come first: for them there is no later. Then the most valuable. */
function byUrgency(a: Candidate, b: Candidate): number {
  const aCloses = a.state.chain.closeRequestedAt !== 0;
  if (aCloses !== (b.state.chain.closeRequestedAt !== 0)) return aCloses ? -1 : 1;
  return a.net === b.net ? 0 : a.net > b.net ? -1 : 1;
}

/** What is left when the cost counts `multiple` times. */
function profit(rows: readonly Candidate[], prices: GasPrices, multiple: bigint): bigint {
  const net = rows.reduce((sum, row) => sum + row.net, 0n);
  return net - multiple * (prices.transaction + prices.settle * BigInt(rows.length));
}

function urgency(rows: readonly Candidate[], { policy, now }: CollectionEnv): CollectionReason | undefined {
  if (rows.some(({ state }) => state.chain.closeRequestedAt !== 0)) return "close-pending";
  const isOld = ({ state }: Candidate): boolean =>
    state.unsettledSince !== 0 && now - state.unsettledSince >= policy.maxAgeSeconds;
  if (rows.some(isOld)) return "age";
  return rows.reduce((sum, { value }) => sum + value, 0n) >= policy.maxUnsettled ? "exposure" : undefined;
}

function settlement(reason: CollectionReason, rows: readonly Candidate[], prices: GasPrices): Collection {
  const fund = rows.filter((row) => row.fund);
  const settle = rows.filter(({ value }) => value > 0n);
  const close = rows.filter(({ closable }) => closable);
  return {
    reason,
    fund: fund.map(({ state }) => state),
    settle: settle.map(({ state }) => state),
    // Bytes that are worth nothing yet are not settled, and must not keep the channel open.
    close: close.map(({ state, bytes, value }) => ({
      state,
      minSettledBytes: value > 0n ? bytes : state.chain.settledBytes,
    })),
    value: rows.reduce((sum, { value }) => sum + value, 0n),
    cost:
      prices.transaction +
      prices.settle * BigInt(settle.length) +
      prices.fund * BigInt(fund.length) +
      prices.close * BigInt(close.length),
  };
}

function planFunding(candidates: Candidate[], prices: GasPrices, { policy }: CollectionEnv): Collection | undefined {
  const due = candidates.filter(({ fundDue }) => fundDue !== undefined).slice(0, policy.maxRows);
  if (due.length === 0) return undefined;
  return {
    reason: due.some(({ fundDue }) => fundDue === "worth") ? "worth" : "credit",
    fund: due.map(({ state }) => state),
    settle: [],
    close: [],
    value: 0n,
    cost: prices.transaction + prices.fund * BigInt(due.length),
  };
}

/** Channels that were settled before their viewers were done. Dust that never paid for a row goes with them. */
function planClosing(candidates: Candidate[], prices: GasPrices, { policy }: CollectionEnv): Collection | undefined {
  const rows = candidates.filter(({ closable, fund }) => closable && !fund).slice(0, policy.maxRows);
  const lifetime = rows.reduce((sum, row) => sum + row.lifetime, 0n);
  const cost = prices.transaction + (prices.settle + prices.close) * BigInt(rows.length);
  return rows.length > 0 && lifetime >= cost * policy.costMultiple ? settlement("finished", rows, prices) : undefined;
}

const ETHER = 10n ** 18n;

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
