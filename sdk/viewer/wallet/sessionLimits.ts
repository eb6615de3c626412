import { assertUint } from "../../core/hex.ts";

/** What a session may cost. Set when it is opened; raised only by the wallet. Amounts are token base units. */
export interface SessionLimits {
  /** All funding that its tabs sign may add up to so much, channels that are closed counting with what they cost. */
  readonly budget: bigint;
  /** All funding that its tabs sign within any hour may add up to so much; no limit if undefined. */
  readonly budgetPerHour?: bigint | undefined;
  /** No relay is paid more for a GiB. */
  readonly maxPricePerGiB: bigint;
}

/** @throws WeirError `malformed-message` naming the limit that is wrong */
export function checkedLimits({ budget, budgetPerHour, maxPricePerGiB }: SessionLimits): SessionLimits {
  assertUint(budget, 96, "budget");
  if (budgetPerHour !== undefined) assertUint(budgetPerHour, 96, "budgetPerHour");
  assertUint(maxPricePerGiB, 96, "maxPricePerGiB");
  return { budget, budgetPerHour, maxPricePerGiB };
}

/** The lower of each. */
export function lowerLimits(one: SessionLimits, other: SessionLimits): SessionLimits {
  const [a, b] = [one.budgetPerHour, other.budgetPerHour];
  return {
    budget: one.budget < other.budget ? one.budget : other.budget,
    budgetPerHour: a === undefined ? b : b === undefined || a < b ? a : b,
    maxPricePerGiB: one.maxPricePerGiB < other.maxPricePerGiB ? one.maxPricePerGiB : other.maxPricePerGiB,
  };
}
