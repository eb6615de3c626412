import type { Hex } from "../core/hex.ts";

/**
 * What a caller may fix about a transaction; viem fills in the rest. With `gas`, nothing is estimated, and a call that
 * fails does so on chain, at its sender's cost. `type: "legacy"` with `gasPrice` is for chains without EIP-1559.
 */
export interface TransactionOverrides {
  /** Gas limit. */
  readonly gas?: bigint | undefined;
  /** Wei per gas, of legacy and EIP-2930 transactions. */
  readonly gasPrice?: bigint | undefined;
  /** Wei per gas (EIP-1559). */
  readonly maxFeePerGas?: bigint | undefined;
  /** Wei per gas (EIP-1559). */
  readonly maxPriorityFeePerGas?: bigint | undefined;
  /** The account's transaction count, to replace or to queue. */
  readonly nonce?: number | undefined;
  readonly type?: "legacy" | "eip2930" | "eip1559" | undefined;
}

/** How the `Sync` form of an action waits. */
export interface WaitOptions {
  /** Called with the hash as soon as the transaction is sent: write it down before anything can go wrong. */
  readonly onHash?: ((hash: Hex) => void) | undefined;
  /** Blocks to wait for, the transaction's own included. Default 1. */
  readonly confirmations?: number | undefined;
  /** Milliseconds between questions to the node. Default: the client's. */
  readonly pollingInterval?: number | undefined;
  /** Milliseconds after which the wait ends with `transaction-pending`. Default 180,000. */
  readonly timeout?: number | undefined;
}
