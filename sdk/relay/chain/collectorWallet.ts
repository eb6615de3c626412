import {
  estimateGas,
  getBlock,
  getChainId,
  getTransaction,
  getTransactionCount,
  getTransactionReceipt,
  sendRawTransaction,
} from "viem/actions";
import type { LocalAccount, TransactionReceipt } from "viem";
import { keccak256, size } from "viem/utils";
import { decodeEvents, encodeCall, multicallCall } from "../../chain/index.ts";
import type { MulticallOptions, WriteClient } from "../../chain/index.ts";
import { toWeirError } from "../../chain/internal/toWeirError.ts";
import { WeirError } from "../../core/index.ts";
import type { Address, Deployment, Hex } from "../../core/index.ts";
import { clientsBehind } from "./endpoints.ts";
import { feesFor, raisedFees, readMarket } from "./fees.ts";
import type { FeeMarket, Fees, FeeUrgency } from "./fees.ts";

/** A transaction that is signed and not sent yet. */
export interface SignedTransaction {
  readonly nonce: number;
  readonly hash: Hex;
  readonly raw: Hex;
}

/** What a transaction may offer. */
export interface FeeOptions {
  /** How much it is in a hurry; not at all if left out. */
  readonly urgency?: FeeUrgency;
  /** Wei per gas that it never offers more than. */
  readonly maxGasPrice?: bigint;
}

/** What a mined transaction took and did. */
export interface TransactionOutcome {
  readonly hash: Hex;
  readonly block: number;
  /** The time of that block, in seconds since the epoch. */
  readonly minedAt: number;
  readonly gasUsed: bigint;
  /** Wei per gas that it paid. */
  readonly gasPrice: bigint;
  /** Token base units that it settled, before the escrow's fee. */
  readonly value: bigint;
}

/** Sends the transactions that collect. Signing and sending are apart, so that what is sent can be written down first. */
export interface CollectorWallet {
  readonly address: Address;
  /** Wei per gas that a transaction would pay now. */
  readonly gasPrice: () => Promise<bigint>;
  /** The nonce after the last transaction up to a block. */
  readonly nonceAt: (block: number) => Promise<number>;
  /**
   * Signs these calls as one transaction. Its nonce follows the last one that is mined: how many are pending is the word
   * of one node's pool, and a nonce that skips one is never mined.
   *
   * @param options `nonce`: the lowest to use
   * @throws ContractError if the calls would revert now; WeirError `transaction-too-large`, `chain-unavailable`
   */
  readonly sign: (
    calls: MulticallOptions["calls"],
    options?: FeeOptions & { readonly nonce?: number },
  ) => Promise<SignedTransaction>;
  /**
   * Signs these calls to take the place of a transaction of the same key, at a fee high enough for nodes to take it.
   * Resolves to `undefined` if that would be more than the limit, or many times what others pay.
   *
   * @throws as `sign`
   */
  readonly replace: (
    calls: MulticallOptions["calls"],
    replaced: SignedTransaction,
    options?: FeeOptions,
  ) => Promise<SignedTransaction | undefined>;
  /**
   * Hands a signed transaction to every endpoint. One that they know already, or no longer need, is no error, and neither
   * is an endpoint that fails while another takes it.
   */
  readonly broadcast: (raw: Hex) => Promise<void>;
  /** What became of the one of these that is mined, if it can be found: not to be found means nothing. */
  readonly outcome: (hashes: readonly Hex[]) => Promise<TransactionOutcome | undefined>;
}

/** Options of `collectorWallet`. */
export interface CollectorWalletOptions {
  /** A viem client whose account signs by itself (a local account): a node or browser wallet signs only what it sends. */
  readonly client: WriteClient;
  readonly deployment: Deployment;
  /** `legacy` for type-0 transactions. If left out, the chain says by its base fee whether it knows others. */
  readonly type?: "legacy" | "eip1559";
}

/** Gas that EIP-7825 lets one transaction take. */
const TRANSACTION_GAS = 16_777_216n;
/** Bytes above which nodes do not keep a transaction. */
const TRANSACTION_BYTES = 131_072;
/** One block in so many is as much as one transaction may fill: a larger one waits for a block with that much room. */
const BLOCK_SHARE = 2n;

/**
 * The wallet of a relay's agent.
 *
 * @throws WeirError `malformed-message` unless the client's account is a local one
 */
export function collectorWallet({ client, deployment, type }: CollectorWalletOptions): CollectorWallet {
  const account = localAccountOf(client);
  const asking = async <Result>(question: () => Promise<Result>): Promise<Result> => {
    try {
      return await question();
    } catch (error) {
      throw toWeirError(error);
    }
  };
  const market = async (): Promise<FeeMarket> => asking(async () => readMarket(client, type));
  const estimate = async (data: Hex, calls: MulticallOptions["calls"]): Promise<bigint> => {
    const to = deployment.paymentChannels.address;
    try {
      // On the latest block, not the pending one: there, a transaction that is to be replaced has done its work already.
      return await estimateGas(client, { account, to, data, blockTag: "latest" });
    } catch (error) {
      if (isTooLarge(error)) throw tooLarge("it takes more gas than a block has", error);
      throw toWeirError(error, multicallCall({ deployment, calls }));
    }
  };
  const signWith = async (
    calls: MulticallOptions["calls"],
    nonce: number,
    fees: Fees,
    { blockGas }: FeeMarket,
  ): Promise<SignedTransaction> => {
    const to = deployment.paymentChannels.address;
    const data = encodeCall(multicallCall({ deployment, calls }));
    const needed = await estimate(data, calls);
    const most = min(TRANSACTION_GAS, blockGas / BLOCK_SHARE);
    if (needed > most) throw tooLarge(`it takes ${String(needed)} gas of ${String(most)}`);
    // Rows that are skipped now may be paid by the time it is mined, and that takes more gas.
    const gas = min(needed + needed / 4n, most);
    const chainId = await asking(async () => getChainId(client));
    const raw = await account.signTransaction({ chainId, nonce, to, data, gas, ...fees });
    if (size(raw) > TRANSACTION_BYTES) throw tooLarge(`it has ${String(size(raw))} bytes`);
    return { nonce, raw, hash: keccak256(raw) };
  };

  return {
    address: account.address,
    gasPrice: async () => (await market()).price,
    nonceAt: async (block) =>
      asking(async () => getTransactionCount(client, { address: account.address, blockNumber: BigInt(block) })),
    async sign(calls, { nonce: lowest = 0, urgency, maxGasPrice } = {}) {
      const now = await market();
      const mined = await asking(async () => getTransactionCount(client, { address: account.address }));
      return signWith(calls, Math.max(mined, lowest), feesFor(now, urgency, maxGasPrice), now);
    },
    async replace(calls, replaced, { urgency, maxGasPrice } = {}) {
      const now = await market();
      const fees = raisedFees(now, feesFor(now, urgency, maxGasPrice), replaced.raw, maxGasPrice);
      return fees === undefined ? undefined : signWith(calls, replaced.nonce, fees, now);
    },
    async broadcast(raw) {
      const sending = clientsBehind(client).map(async (endpoint) => {
        try {
          await sendRawTransaction(endpoint, { serializedTransaction: raw });
        } catch (error) {
          if (!isSettledMatter(error)) throw error;
        }
      });
      try {
        // One is enough to go on; the others get it all the same, and what they say to it changes nothing.
        await Promise.any(sending);
      } catch (error) {
        throw toWeirError((error as AggregateError).errors[0]);
      }
    },
    async outcome(hashes) {
      for (const hash of hashes) {
        const receipt = await asking(async () => receiptOf(client, hash));
        if (receipt === undefined) continue;
        const block = await asking(async () => getBlock(client, { blockNumber: receipt.blockNumber }));
        const events = decodeEvents(receipt.logs, { deployment });
        const settlements = events.flatMap((event) => (event.eventName === "Settled" ? event.args.settlements : []));
        return {
          hash,
          block: Number(receipt.blockNumber),
          minedAt: Number(block.timestamp),
          gasUsed: receipt.gasUsed,
          gasPrice: await asking(async () => pricePaid(client, receipt)),
          value: settlements.reduce((sum, { amount }) => sum + amount, 0n),
        };
      }
      return undefined;
    },
  };
}

async function receiptOf(client: WriteClient, hash: Hex): Promise<TransactionReceipt | undefined> {
  try {
    return await getTransactionReceipt(client, { hash });
  } catch (error) {
    if (error instanceof Error && error.name === "TransactionReceiptNotFoundError") return undefined;
    throw error;
  }
}

/** Chains without EIP-1559 do not say in the receipt what a transaction paid: it is what it offered. */
async function pricePaid(
  client: WriteClient,
  { effectiveGasPrice, transactionHash }: TransactionReceipt,
): Promise<bigint> {
  if (typeof effectiveGasPrice === "bigint") return effectiveGasPrice;
  return (await getTransaction(client, { hash: transactionHash })).gasPrice ?? 0n;
}

function localAccountOf({ account }: WriteClient): LocalAccount {
  if (account.type !== "local") {
    throw new WeirError("malformed-message", "the collector's client must have a local account, which signs by itself");
  }
  return account;
}

/** What nodes say about a transaction that they have, or whose nonce is used: its outcome is on the chain, not here. */
function isSettledMatter(error: unknown): boolean {
  return /already known|already imported|known transaction|nonce too low|replacement transaction underpriced/i.test(
    String(error),
  );
}

/** What nodes say about a call that needs more gas than a block, or their own limit, has. */
function isTooLarge(error: unknown): boolean {
  return /gas required exceeds|exceeds block gas limit|exceeds the block gas|intrinsic gas too high|out of gas/i.test(
    String(error),
  );
}

function tooLarge(details: string, cause?: unknown): WeirError {
  return new WeirError("transaction-too-large", undefined, { details, cause });
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
