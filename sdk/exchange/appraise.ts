import { coveredBytes, owed } from "../core/index.ts";
import type { CollectCosts, CollectPolicy } from "./collectPolicy.ts";
import { collectable, creditBytes, outstandingBytes, reservedBytes, securedBytes } from "./relayChannel.ts";
import type { RelayChannel } from "./relayChannel.ts";
import type { RelayPolicy } from "./relayPolicy.ts";

/** What deciding takes beside the channels. */
export interface CollectionEnv {
  readonly relay: RelayPolicy;
  readonly policy: CollectPolicy;
  readonly costs: CollectCosts;
  /** Seconds since the epoch, by the relay's own clock: how long receipts have waited. */
  readonly now: number;
  /** Time of the chain's newest block: what decides on chain whether a `Fund` still counts. `now` if left out. */
  readonly chainTime?: number;
}

/** What gas costs, in token base units. */
export interface GasPrices {
  readonly transaction: bigint;
  readonly settle: bigint;
  readonly fund: bigint;
  readonly close: bigint;
}

/** A channel with what it would bring; token base units, after the escrow's fee. */
export interface Candidate {
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

/** What settling so many channels in one transaction costs, some of them funded before, in token base units. */
export function settlementCost(costs: CollectCosts, channels: number, funded = 0): bigint {
  const { fund, settle, transaction } = priceGas(costs);
  return transaction + settle * BigInt(channels) + fund * BigInt(funded);
}

/** What doing this for one channel would cost if it had a transaction of its own, in token base units. */
export function aloneCost(
  costs: CollectCosts,
  work: { readonly fund: boolean; readonly settle: boolean; readonly close: boolean },
): bigint {
  const { close, fund, settle, transaction } = priceGas(costs);
  return transaction + (work.fund ? fund : 0n) + (work.settle ? settle : 0n) + (work.close ? close : 0n);
}

/** What gas costs at the moment, in token base units. */
export function priceGas({ gasPrice, tokenPerEther, ...gas }: CollectCosts): GasPrices {
  // Rounded up: a cost that rounds to nothing would let dust be settled.
  const price = (units: bigint): bigint => (units * gasPrice * tokenPerEther + ETHER - 1n) / ETHER;
  return {
    transaction: price(gas.transactionGas),
    settle: price(gas.settleGas),
    fund: price(gas.fundGas),
    close: price(gas.closeGas),
  };
}

/** What each of these channels would bring. Closed ones, and those with a transaction under way, are left out. */
export function appraise(channels: Iterable<RelayChannel>, prices: GasPrices, env: CollectionEnv): Candidate[] {
  const candidates: Candidate[] = [];
  for (const state of channels) {
    if (state.chain.closed || state.settling !== 0n || state.funding !== 0n) continue;
    candidates.push(appraiseOne(state, prices, env));
  }
  return candidates;
}

/** Channels whose payers asked to close come first: for them there is no later. Then the most valuable. */
export function byUrgency(a: Candidate, b: Candidate): number {
  const aCloses = a.state.chain.closeRequestedAt !== 0;
  if (aCloses !== (b.state.chain.closeRequestedAt !== 0)) return aCloses ? -1 : 1;
  return a.net === b.net ? 0 : a.net > b.net ? -1 : 1;
}

function appraiseOne(state: RelayChannel, prices: GasPrices, env: CollectionEnv): Candidate {
  const { relay, policy, costs, now, chainTime = now } = env;
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
  const total = fundableTotal(state, chainTime);
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

const ETHER = 10n ** 18n;

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
