import { WeirError } from "./weirError.ts";

/** Bytes in a gibibyte, the unit of prices. */
export const GIB = 1n << 30n;

/**
 * What `bytes` cost in token base units: `bytes * pricePerGiB / 2^30`, rounded down. Apply it to cumulative totals only,
 * so that rounding never accumulates.
 *
 * @param pricePerGiB token base units per GiB
 */
export function owed(bytes: bigint, pricePerGiB: bigint): bigint {
  return (bytes * pricePerGiB) >> 30n;
}

/**
 * The largest number of bytes that cost no more than `deposit`. May exceed 64 bits: a large deposit at a low price covers
 * more than any receipt can state.
 *
 * @param deposit token base units
 * @param pricePerGiB token base units per GiB, above zero
 * @throws WeirError `malformed-message` if the price is zero or negative
 */
export function coveredBytes(deposit: bigint, pricePerGiB: bigint): bigint {
  if (pricePerGiB <= 0n) throw new WeirError("malformed-message", "pricePerGiB must be above zero");
  return (((deposit + 1n) << 30n) - 1n) / pricePerGiB;
}

/** Base units as an exact decimal number without trailing zeros: 1500000 with 6 decimals is `1.5`. */
export function formatAmount(amount: bigint, decimals: number): string {
  assertDecimals(decimals);
  const digits = (amount < 0n ? -amount : amount).toString().padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, "");
  return `${amount < 0n ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}

/**
 * The base units that a decimal number states, exactly. Refuses more digits than the token has instead of rounding.
 *
 * @throws WeirError `malformed-message` for signs, exponents, blanks, or a fraction finer than `decimals`
 */
export function parseAmount(text: string, decimals: number): bigint {
  assertDecimals(decimals);
  // 78 digits hold any uint256; 1 for the point and 77 for the longest fraction.
  const match = text.length > 156 ? null : /^([0-9]+)(?:\.([0-9]+))?$/.exec(text);
  const [whole, fraction = ""] = match?.slice(1) ?? [];
  if (whole === undefined || fraction.length > decimals) {
    throw new WeirError("malformed-message", `not a decimal number with at most ${String(decimals)} fraction digits`);
  }
  return BigInt(whole + fraction.padEnd(decimals, "0"));
}

function assertDecimals(decimals: number): void {
  if (!Number.isInteger(decimals) || decimals < 0 || decimals > 77) {
    throw new WeirError("malformed-message", "decimals is not an integer from 0 to 77");
  }
}
