import { parseUnits } from "viem";

/** Everything that is decided when Weir is deployed, for ever: `docs/economics.md` derives it. Times are seconds. */
export interface WeirParameters {
  /** The escrow's fee on settled amounts in hundredths of a percent, at most 1,000. */
  readonly feeBps: number;
  /** For which a revoked agent stays accountable, from one day to 30. */
  readonly disputeWindow: bigint;
  /** The least own stake of an active operator, in token base units. */
  readonly minSelfStake: bigint;
  /** What one accepted proof takes, in token base units; at most `minSelfStake`. */
  readonly slashAmount: bigint;
  /** The reporter's part of what the operator itself loses, in hundredths of a percent, at most 3,000. */
  readonly reporterBps: number;
  /** At most so many times its own stake can be delegated to an operator, from 1 to 100. */
  readonly delegationRatio: number;
  /** From one hour to 30 days. */
  readonly epochLength: number;
  /** Longer than `disputeWindow`, at least `epochLength`, at most 90 days. */
  readonly unbondingPeriod: number;
  /** The most of its fees that comes back to an operator's stake, in hundredths of a percent, at most 9,000. */
  readonly rhoBps: number;
  /** How soon more stake stops to matter, with 18 decimals, from 0.0001 to 1. */
  readonly lambda: bigint;
}

const DAY = 86_400;

/** The defaults, for a token that is worth about a dollar. */
export function defaultParameters(tokenDecimals: number): WeirParameters {
  return {
    feeBps: 100,
    disputeWindow: BigInt(7 * DAY),
    minSelfStake: parseUnits("1000", tokenDecimals),
    slashAmount: parseUnits("500", tokenDecimals),
    reporterBps: 3_000,
    delegationRatio: 10,
    epochLength: 7 * DAY,
    unbondingPeriod: 14 * DAY,
    rhoBps: 8_000,
    lambda: parseUnits("0.01", 18),
  };
}
