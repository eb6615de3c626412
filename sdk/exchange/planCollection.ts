import type { Candidate, CollectionEnv, GasPrices } from "./appraise.ts";
import { appraise, byUrgency, priceGas } from "./appraise.ts";
import type { RelayChannel } from "./relayChannel.ts";

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
  | "finished"
  /** Somebody asked for it. */
  | "order"
  /** It sends a deposit for a wallet without gas, and collects nothing. */
  | "deposit";

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

/**
 * The next transaction to send, if one is due. It never costs more than it collects, but for two kinds: fundings that let
 * a channel go on are an investment, made only when the step that the viewer offers is worth it; closings give viewers
 * their money back, on channels that have earned many times the cost.
 *
 * Channels with a transaction under way are left alone, and so are closed ones, and for a while those that their payers are
 * about to close.
 */
export function planCollection(channels: Iterable<RelayChannel>, env: CollectionEnv): Collection | undefined {
  const prices = priceGas(env.costs);
  const candidates = appraise(channels, prices, env).filter(({ state }) => !isLeftToPayer(state, env));
  return (
    planSettlement(candidates, prices, env) ??
    planFunding(candidates, prices, env) ??
    planClosing(candidates, prices, env)
  );
}

/**
 * Whether the payer has the relay's leave and is about to settle and close the channel: a transaction of the relay would make
 * the payer's fail. What could be lost by waiting is not waited for.
 */
export function isLeftToPayer(
  { chain, endedAt, fund, released }: RelayChannel,
  { chainTime, now, policy }: Pick<CollectionEnv, "chainTime" | "now" | "policy">,
): boolean {
  if (released !== true || chain.closeRequestedAt !== 0) return false;
  const isFunded = fund === undefined || fund.total <= chain.deposit;
  if (!isFunded && fund.validUntil < (chainTime ?? now) + 2 * policy.leaveSeconds) return false;
  // A time that lies far ahead was written by a clock that was wrong.
  return Math.abs(now - endedAt) < policy.leaveSeconds;
}

function planSettlement(candidates: Candidate[], prices: GasPrices, env: CollectionEnv): Collection | undefined {
  const { costMultiple, maxRows } = env.policy;
  const paying = candidates.filter(({ net }) => net > prices.settle).sort(byUrgency);
  const worth = paying.filter(({ net }) => net >= prices.settle * costMultiple).slice(0, maxRows);
  if (worth.length > 0 && profit(worth, prices, costMultiple) >= 0n) return composeSettlement("worth", worth, prices);
  const rows = paying.slice(0, maxRows);
  const reason = urgency(rows, env);
  return reason !== undefined && profit(rows, prices, 1n) >= 0n ? composeSettlement(reason, rows, prices) : undefined;
}

/** What is left when the cost counts `multiple` times. */
function profit(rows: readonly Candidate[], prices: GasPrices, multiple: bigint): bigint {
  const net = rows.reduce((sum, row) => sum + row.net, 0n);
  return net - multiple * (prices.transaction + prices.settle * BigInt(rows.length));
}

function urgency(rows: readonly Candidate[], { policy, now }: CollectionEnv): CollectionReason | undefined {
  if (rows.some(({ state }) => state.chain.closeRequestedAt !== 0)) return "close-pending";
  // A time that lies far ahead was written by a clock that was wrong.
  const isOld = ({ state }: Candidate): boolean =>
    state.unsettledSince !== 0 && Math.abs(now - state.unsettledSince) >= policy.maxAgeSeconds;
  if (rows.some(isOld)) return "age";
  return rows.reduce((sum, { value }) => sum + value, 0n) >= policy.maxUnsettled ? "exposure" : undefined;
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
  return rows.length > 0 && lifetime >= cost * policy.costMultiple
    ? composeSettlement("finished", rows, prices)
    : undefined;
}

/** Settles rows, funds those that pay for it before, and closes some afterwards: those whose viewers are done if left out. */
export function composeSettlement(
  reason: CollectionReason,
  rows: readonly Candidate[],
  prices: GasPrices,
  closes: (row: Candidate) => boolean = ({ closable }) => closable,
): Collection {
  const fund = rows.filter((row) => row.fund);
  const settle = rows.filter(({ value }) => value > 0n);
  const close = rows.filter(closes);
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
