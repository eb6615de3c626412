import {
  estimateFeesPerGas,
  estimateGas,
  getChainId,
  getGasPrice,
  getTransactionCount,
  sendRawTransaction,
} from "viem/actions";
import type { LocalAccount } from "viem";
import { keccak256, parseTransaction } from "viem/utils";
import { encodeCall, multicallCall } from "../../chain/index.ts";
import type { MulticallOptions, WriteClient } from "../../chain/index.ts";
import { toWeirError } from "../../chain/internal/toWeirError.ts";
import { WeirError } from "../../core/index.ts";
import type { Address, Deployment, Hex } from "../../core/index.ts";

/** A transaction that is signed and not sent yet. */
export interface SignedTransaction {
  readonly nonce: number;
  readonly hash: Hex;
  readonly raw: Hex;
}

/** Sends the transactions that collect. Signing and sending are apart, so that what is sent can be written down first. */
export interface CollectorWallet {
  readonly address: Address;
  /** Wei per gas that a transaction would pay now. */
  readonly gasPrice: () => Promise<bigint>;
  /** The nonce after the last transaction up to a block. */
  readonly nonceAt: (block: number) => Promise<number>;
  /**
   * Signs these calls as one transaction.
   *
   * @param replacing a transaction of the same key to take the place of, at a fee high enough for nodes to take it
   * @throws ContractError if the calls would revert now; WeirError `chain-unavailable`
   */
  readonly sign: (calls: MulticallOptions["calls"], replacing?: SignedTransaction) => Promise<SignedTransaction>;
  /** Hands a signed transaction to the node. One that the node knows already, or no longer needs, is no error. */
  readonly broadcast: (raw: Hex) => Promise<void>;
}

/** Options of `collectorWallet`. */
export interface CollectorWalletOptions {
  /** A viem client whose account signs by itself (a local account): a node or browser wallet signs only what it sends. */
  readonly client: WriteClient;
  readonly deployment: Deployment;
  /** `legacy` for chains without EIP-1559. */
  readonly type?: "legacy" | "eip1559";
}

type Fees =
  | { readonly type: "legacy"; readonly gasPrice: bigint }
  | { readonly type: "eip1559"; readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint };

/**
 * The wallet of a relay's agent.
 *
 * @throws WeirError `malformed-message` unless the client's account is a local one
 */
export function collectorWallet({ client, deployment, type = "eip1559" }: CollectorWalletOptions): CollectorWallet {
  const account = localAccountOf(client);
  const asking = async <Result>(question: () => Promise<Result>): Promise<Result> => {
    try {
      return await question();
    } catch (error) {
      throw toWeirError(error);
    }
  };
  const currentFees = async (): Promise<Fees> => {
    if (type === "legacy") return { type, gasPrice: await getGasPrice(client) };
    const { maxFeePerGas, maxPriorityFeePerGas } = await estimateFeesPerGas(client);
    return { type, maxFeePerGas, maxPriorityFeePerGas };
  };

  return {
    address: account.address,
    gasPrice: async () => asking(async () => getGasPrice(client)),
    nonceAt: async (block) =>
      asking(async () => getTransactionCount(client, { address: account.address, blockNumber: BigInt(block) })),
    async sign(calls, replacing) {
      const call = multicallCall({ deployment, calls });
      const to = call.address;
      const data = encodeCall(call);
      let gas: bigint;
      try {
        // On the latest block, not the pending one: there, a transaction that is to be replaced has done its work already.
        gas = await estimateGas(client, { account, to, data, blockTag: "latest" });
      } catch (error) {
        throw toWeirError(error, call);
      }
      return asking(async () => {
        const nonce =
          replacing?.nonce ?? (await getTransactionCount(client, { address: account.address, blockTag: "pending" }));
        const fees = raiseFees(await currentFees(), replacing?.raw);
        const raw = await account.signTransaction({
          chainId: await getChainId(client),
          nonce,
          to,
          data,
          // Rows that are skipped now may be paid by the time it is mined, and that takes more gas.
          gas: gas + gas / 4n,
          ...fees,
        });
        return { nonce, raw, hash: keccak256(raw) };
      });
    },
    async broadcast(raw) {
      try {
        await sendRawTransaction(client, { serializedTransaction: raw });
      } catch (error) {
        if (!isSettledMatter(error)) throw toWeirError(error);
      }
    },
  };
}

function localAccountOf({ account }: WriteClient): LocalAccount {
  if (account.type !== "local") {
    throw new WeirError("malformed-message", "the collector's client must have a local account, which signs by itself");
  }
  return account;
}

/** Nodes take a replacement only if every fee rises by a tenth. */
function raiseFees(current: Fees, replacedRaw: Hex | undefined): Fees {
  if (replacedRaw === undefined) return current;
  const { gasPrice, maxFeePerGas, maxPriorityFeePerGas } = parseTransaction(replacedRaw);
  const raise = (now: bigint, before = 0n): bigint => {
    const least = (before * 9n) / 8n + 1n;
    return now > least ? now : least;
  };
  return current.type === "legacy"
    ? { type: current.type, gasPrice: raise(current.gasPrice, gasPrice) }
    : {
        type: current.type,
        maxFeePerGas: raise(current.maxFeePerGas, maxFeePerGas),
        maxPriorityFeePerGas: raise(current.maxPriorityFeePerGas, maxPriorityFeePerGas),
      };
}

/** What nodes say about a transaction that they have, or whose nonce is used: its outcome is on the chain, not here. */
function isSettledMatter(error: unknown): boolean {
  return /already known|already imported|known transaction|nonce too low|replacement transaction underpriced/i.test(
    String(error),
  );
}
