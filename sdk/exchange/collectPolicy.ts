/** When a relay sends transactions. */
export interface CollectPolicy {
  /** A transaction is worth sending when it collects this many times its cost. */
  readonly costMultiple: bigint;
  /** Seconds after which a receipt is settled as soon as that costs less than it collects. */
  readonly maxAgeSeconds: number;
  /** Token base units that may lie unsettled before they are settled as soon as that pays. */
  readonly maxUnsettled: bigint;
  /** Share of its credit in percent that a channel may owe before its `Fund` is posted to let it go on. */
  readonly creditUsedPercent: bigint;
  /** Channels in one transaction. */
  readonly maxRows: number;
  /** Seconds that a payer has for closing a channel with the relay's leave (H10), before the relay settles it by itself. */
  readonly leaveSeconds: number;
}

/** The defaults. 100 rows are 13 KB of calldata and about 1.4 million gas. */
export const defaultCollectPolicy: CollectPolicy = {
  costMultiple: 5n,
  maxAgeSeconds: 86_400,
  maxUnsettled: (1n << 96n) - 1n,
  creditUsedPercent: 50n,
  maxRows: 100,
  leaveSeconds: 300,
};

/** What transactions cost at the moment. */
export interface CollectCosts {
  /** Wei per gas that a transaction would pay now. */
  readonly gasPrice: bigint;
  /** Token base units that 10^18 wei are worth: the relay's own estimate. */
  readonly tokenPerEther: bigint;
  /** The escrow's fee on settled amounts, in hundredths of a percent. */
  readonly feeBps: bigint;
  /** Gas of a transaction without any row. */
  readonly transactionGas: bigint;
  /** Gas that one more settled channel takes. */
  readonly settleGas: bigint;
  /** Gas that one more funded channel takes. */
  readonly fundGas: bigint;
  /** Gas that closing one channel takes. */
  readonly closeGas: bigint;
}

/** Gas as measured for the escrow on prague; L2s add what their calldata costs. */
export const measuredGas: Pick<CollectCosts, "transactionGas" | "settleGas" | "fundGas" | "closeGas"> = {
  transactionGas: 32_000n,
  settleGas: 13_500n,
  fundGas: 31_000n,
  closeGas: 25_000n,
};
