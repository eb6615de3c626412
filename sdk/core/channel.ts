import { hashWords } from "./abiWords.ts";
import { assertAddress, assertUint } from "./hex.ts";
import type { Address, Hex } from "./hex.ts";
import { WeirError } from "./weirError.ts";

/** What a receipt says about its channel; with the signer it is the channel. */
export interface ChannelTerms {
  /** The relay that is paid. */
  readonly payee: Address;
  /** Token base units per 2^30 bytes; uint96, above zero. */
  readonly pricePerGiB: bigint;
  /** Seconds between the payer's close request and the end of the channel. */
  readonly gracePeriod: number;
  /** Tells channels of the same parties and price apart; random, so that it says nothing. uint64. */
  readonly nonce: bigint;
}

/** The full descriptor of a channel, as the escrow's calls take it. */
export interface Channel extends ChannelTerms {
  /** The session key that signs for the payer. */
  readonly signer: Address;
}

/** The shortest grace period that the escrow accepts, in seconds: one hour. */
export const MIN_GRACE_PERIOD = 3_600;

/** The longest grace period that the escrow accepts, in seconds: 30 days. */
export const MAX_GRACE_PERIOD = 2_592_000;

const CHANNEL_FIELDS = [
  { name: "signer", type: "address" },
  { name: "payee", type: "address" },
  { name: "pricePerGiB", type: "uint96" },
  { name: "gracePeriod", type: "uint32" },
  { name: "nonce", type: "uint64" },
] as const;

/**
 * The id of a channel: `keccak256(abi.encode(signer, payee, pricePerGiB, gracePeriod, nonce))`.
 *
 * @throws WeirError `malformed-message` if a field has the wrong form; it does not check the terms' limits
 */
export function channelId(channel: Channel): Hex {
  return hashWords(CHANNEL_FIELDS, channel);
}

/**
 * Checks that the escrow would accept a channel with these terms.
 *
 * @throws WeirError `malformed-message` for a wrong form or a price of zero, `grace-period-out-of-range` for a grace
 * period outside one hour to 30 days
 */
export function assertTerms(terms: ChannelTerms): void {
  assertAddress(terms.payee, "payee");
  assertUint(terms.pricePerGiB, 96, "pricePerGiB");
  assertUint(terms.nonce, 64, "nonce");
  if (terms.pricePerGiB === 0n) throw new WeirError("malformed-message", "pricePerGiB must be above zero");
  const { gracePeriod } = terms;
  if (!Number.isInteger(gracePeriod)) throw new WeirError("malformed-message", "gracePeriod is not a whole number");
  if (gracePeriod < MIN_GRACE_PERIOD || gracePeriod > MAX_GRACE_PERIOD) {
    throw new WeirError("grace-period-out-of-range", undefined, {
      details: `gracePeriod is ${gracePeriod}, allowed are ${MIN_GRACE_PERIOD} to ${MAX_GRACE_PERIOD} seconds`,
    });
  }
}
