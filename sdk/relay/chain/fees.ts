import { estimateMaxPriorityFeePerGas, getBlock, getGasPrice } from "viem/actions";
import { parseTransaction } from "viem/utils";
import type { ReadClient } from "../../chain/index.ts";
import { toWeirError } from "../../chain/internal/toWeirError.ts";
import type { Hex } from "../../core/index.ts";

/** How much a transaction is in a hurry: at most twice, then far more than others pay for being first. */
export type FeeUrgency = "none" | "some" | "last";

/** What transactions pay at the moment, in wei per gas. */
export type FeeMarket = LegacyMarket | Eip1559Market;

interface LegacyMarket {
  readonly type: "legacy";
  readonly price: bigint;
  /** Gas that all transactions of a block may take together. */
  readonly blockGas: bigint;
}

interface Eip1559Market {
  readonly type: "eip1559";
  /** Base fee and tip. */
  readonly price: bigint;
  readonly baseFee: bigint;
  readonly tip: bigint;
  readonly blockGas: bigint;
}

/** What a transaction offers, in wei per gas. */
export type Fees =
  | { readonly type: "legacy"; readonly gasPrice: bigint }
  | { readonly type: "eip1559"; readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint };

/** What a hurry multiplies the tip by, and a legacy gas price in percent. */
const HURRY: Readonly<Record<FeeUrgency, { readonly tip: bigint; readonly percent: bigint }>> = {
  none: { tip: 1n, percent: 100n },
  some: { tip: 3n, percent: 125n },
  last: { tip: 10n, percent: 200n },
};

/** However long a transaction is stuck, it never offers more than this many times what others pay. */
const MOST_TIMES_MARKET = 10n;

/**
 * What transactions pay now.
 *
 * @param type `legacy` for type-0 transactions; if left out, the chain's newest block says whether there is a base fee
 */
export async function readMarket(client: ReadClient, type?: Fees["type"]): Promise<FeeMarket> {
  const { baseFeePerGas, gasLimit: blockGas } = await getBlock(client);
  if (type === "legacy" || (type === undefined && typeof baseFeePerGas !== "bigint")) {
    return { type: "legacy", price: await getGasPrice(client), blockGas };
  }
  const baseFee = baseFeePerGas ?? 0n;
  const tip = await estimateMaxPriorityFeePerGas(client);
  return { type: "eip1559", price: baseFee + tip, baseFee, tip, blockGas };
}

/**
 * Wei per gas that a transaction would pay now.
 *
 * @param type as in `collectorWallet`
 * @throws WeirError `chain-unavailable`
 */
export async function readGasPrice(client: ReadClient, type?: Fees["type"]): Promise<bigint> {
  try {
    return (await readMarket(client, type)).price;
  } catch (error) {
    throw toWeirError(error);
  }
}

/** What to offer now: with EIP-1559 twice the base fee, because that may rise while the transaction waits. */
export function feesFor(market: FeeMarket, urgency: FeeUrgency = "none", maxGasPrice?: bigint): Fees {
  const { tip, percent } = HURRY[urgency];
  if (market.type === "legacy") {
    return { type: "legacy", gasPrice: atMost((market.price * percent) / 100n, maxGasPrice) };
  }
  const maxPriorityFeePerGas = atMost(market.tip * tip, maxGasPrice);
  const maxFeePerGas = atMost(2n * market.baseFee + maxPriorityFeePerGas, maxGasPrice);
  return { type: "eip1559", maxFeePerGas, maxPriorityFeePerGas };
}

/**
 * What to offer for a transaction that takes the place of another: nodes want every fee to rise by a tenth, some by an
 * eighth. Absent if that is above the limit, or many times what others pay.
 */
export function raisedFees(market: FeeMarket, fees: Fees, replaced: Hex, maxGasPrice?: bigint): Fees | undefined {
  const before = parseTransaction(replaced);
  const raise = (now: bigint, then: bigint): bigint => {
    const least = (then * 9n) / 8n + 1n;
    return now > least ? now : least;
  };
  const {
    gasPrice: oldPrice,
    maxFeePerGas: oldMax = oldPrice ?? 0n,
    maxPriorityFeePerGas: oldTip = oldPrice ?? 0n,
  } = before;
  const raised: Fees =
    fees.type === "legacy"
      ? { type: "legacy", gasPrice: raise(fees.gasPrice, oldMax) }
      : {
          type: "eip1559",
          maxFeePerGas: raise(fees.maxFeePerGas, oldMax),
          maxPriorityFeePerGas: raise(fees.maxPriorityFeePerGas, oldTip),
        };
  const offered = raised.type === "legacy" ? raised.gasPrice : raised.maxFeePerGas;
  if (maxGasPrice !== undefined && offered > maxGasPrice) return undefined;
  return offered > market.price * MOST_TIMES_MARKET ? undefined : raised;
}

function atMost(value: bigint, limit: bigint | undefined): bigint {
  return limit !== undefined && value > limit ? limit : value;
}
