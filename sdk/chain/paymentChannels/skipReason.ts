import { WeirError } from "../../core/weirError.ts";

/** Why the escrow passed over a row or a funding, in the order of the contract's `SkipReason`. */
const reasons = [
  "none",
  "bad-signature",
  "channel-unknown",
  "channel-closed",
  "nothing-new",
  "deposit-spent",
  "expired",
  "close-pending",
  "terms-refused",
  "already-funded",
  "account-empty",
] as const;

/**
 * Why the escrow passed over a receipt or a funding instead of reverting the batch.
 *
 * | reason | of | meaning |
 * |---|---|---|
 * | `bad-signature` | both | malformed, high s, or (in a funding) not the channel's signer's |
 * | `channel-unknown` | receipt | nothing was ever reserved; a forged or altered receipt names such a channel |
 * | `channel-closed` | both | closed for ever |
 * | `nothing-new` | receipt | its total is settled already |
 * | `deposit-spent` | receipt | the deposit pays for no byte more; it stays good for a top-up |
 * | `expired` | funding | `validUntil` has passed |
 * | `close-pending` | funding | the payer asked to close |
 * | `terms-refused` | funding | a zero payee or price, or a grace period out of range |
 * | `already-funded` | funding | the deposit is at or above the total |
 * | `account-empty` | funding | the account has nothing left |
 */
export type SkipReason = Exclude<(typeof reasons)[number], "none">;

/**
 * The reason behind the number in an event.
 *
 * @throws WeirError `malformed-message` for a number that no event of the escrow carries
 */
export function skipReason(value: number): SkipReason {
  const reason = reasons[value];
  if (reason === undefined || reason === "none") {
    throw new WeirError("malformed-message", `${String(value)} is not a reason to skip`);
  }
  return reason;
}
