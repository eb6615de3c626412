/** What a relay risks and for how long. Its own choice: nothing here is agreed with viewers. */
export interface RelayPolicy {
  /** Least starting credit of a channel, in bytes; the starting credit is never below twice the largest resource. */
  readonly baseCredit: bigint;
  /** Bytes of credit that a channel earns for every 100 bytes secured. */
  readonly creditGrowthPercent: bigint;
  /** Bytes above which credit no longer grows. A larger starting credit stays as it is. */
  readonly creditCeiling: bigint;
  /** Seconds in which a channel recovers from one starting credit of bytes that were never paid. */
  readonly recoverySeconds: number;
  /** Bytes of starting credit that all channels of one signer may hold together. */
  readonly signerCredit: bigint;
  /** Bytes of starting credit that all channels without a confirmed deposit may hold together. */
  readonly unfundedCredit: bigint;
  /** Seconds after its session for which the debt of a channel keeps counting against the two bounds above. */
  readonly debtSeconds: number;
  /** Transfers that may be under way at a time on one channel. */
  readonly maxTransfers: number;
  /** Sessions that may be open at a time for one signer. */
  readonly maxSessions: number;
  /** Least seconds that a `Fund` must still be valid for: time enough to post it. */
  readonly minFundSeconds: number;
}

const MIB = 1n << 20n;

/** The defaults of the protocol. */
export const defaultRelayPolicy: RelayPolicy = {
  baseCredit: 8n * MIB,
  creditGrowthPercent: 5n,
  creditCeiling: 256n * MIB,
  recoverySeconds: 600,
  signerCredit: 64n * MIB,
  unfundedCredit: 1024n * MIB,
  debtSeconds: 86_400,
  maxTransfers: 16,
  maxSessions: 8,
  minFundSeconds: 120,
};
