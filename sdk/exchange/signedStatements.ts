import { assertSigner, extendTotals, hashMessage, receiptDigest, WeirError } from "../core/index.ts";
import type {
  Channel,
  Hex,
  ReceiptStep,
  Secp256k1,
  SegmentEntry,
  SignedFund,
  SignedTotals,
  Totals,
} from "../core/index.ts";

/** What checking a signature takes. */
export interface SignatureEnv {
  /** The domain separator of PaymentChannels. */
  readonly domain: Hex;
  readonly secp256k1: Secp256k1;
}

/**
 * Checks that the channel's signer signed these totals for exactly this channel.
 *
 * @throws WeirError `wrong-signer`, `bad-signature`, `high-s` or `malformed-message`
 */
export function assertReceipt(channel: Channel, receipt: SignedTotals, env: SignatureEnv): void {
  const { payee, pricePerGiB, gracePeriod, nonce } = channel;
  const { deliveredBytes, segmentsRoot, signature } = receipt;
  const message = { payee, pricePerGiB, gracePeriod, nonce, deliveredBytes, segmentsRoot };
  assertSigner(receiptDigest(env.domain, message), signature, channel.signer, env.secp256k1);
}

/** Checks that the channel's signer signed this funding for exactly this channel. Errors as in `assertReceipt`. */
export function assertFund(channel: Channel, fund: SignedFund, env: SignatureEnv): void {
  const { payee, pricePerGiB, gracePeriod, nonce } = channel;
  const { total, validUntil, signature } = fund;
  const message = { payee, pricePerGiB, gracePeriod, nonce, total, validUntil };
  assertSigner(hashMessage(env.domain, "Fund", message), signature, channel.signer, env.secp256k1);
}

/**
 * Checks that the entries lead from `prev` to the receipt. Says nothing about `prev` itself.
 *
 * @throws WeirError `receipt-inconsistent`, or `malformed-message` for a field of the wrong form
 */
export function assertConsistent({ prev, entries, receipt }: ReceiptStep): void {
  if (!isSameTotals(extendAll(prev, entries), receipt)) throw new WeirError("receipt-inconsistent");
}

/** The totals after these transfers. */
export function extendAll(totals: Totals, entries: readonly SegmentEntry[]): Totals {
  let extended = totals;
  for (const entry of entries) extended = extendTotals(extended, entry);
  return extended;
}

/** Whether both state the same bytes and root; roots may differ in letter case. */
export function isSameTotals(a: Totals, b: Totals): boolean {
  return (
    a.deliveredBytes === b.deliveredBytes &&
    (a.segmentsRoot === b.segmentsRoot || a.segmentsRoot.toLowerCase() === b.segmentsRoot.toLowerCase())
  );
}
