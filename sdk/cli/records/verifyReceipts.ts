import { WeirError } from "../../core/index.ts";
import type { ReceiptStep, Totals } from "../../core/index.ts";
import type { RelayChannel } from "../../exchange/index.ts";
import { assertConsistent, assertReceipt, isSameTotals } from "../../exchange/signedStatements.ts";
import type { SignatureEnv } from "../../exchange/signedStatements.ts";

/** What a channel's receipts came to. */
export interface VerifiedReceipts {
  readonly receipts: number;
  /** Places where the log continues from a receipt that the viewer brought along: its segments are not in the log. */
  readonly gaps: number;
  /** The first receipt that is wrong, from 1, and why; 0 is the highest receipt, which the channel itself holds. */
  readonly wrong?: { readonly receipt: number; readonly reason: string };
}

/**
 * Recomputes the receipts of a channel: each must continue from the one before, follow from its segments, and be signed by
 * the channel's signer; the highest one must be what the channel says that it acknowledged.
 */
export async function verifyReceipts(
  state: RelayChannel,
  steps: AsyncIterable<ReceiptStep>,
  env: SignatureEnv,
): Promise<VerifiedReceipts> {
  const { acknowledged, channel, seed } = state;
  let last: Totals = { deliveredBytes: 0n, segmentsRoot: seed };
  let receipts = 0;
  let gaps = 0;
  const check = (next: Totals): void => {
    if (isSameTotals(next, last)) return;
    if (next.deliveredBytes <= last.deliveredBytes) {
      throw new WeirError("receipt-inconsistent", "it does not continue from the receipt before it");
    }
    gaps++;
  };
  try {
    for await (const step of steps) {
      receipts++;
      check(step.prev);
      assertConsistent(step);
      assertReceipt(channel, step.receipt, env);
      last = step.receipt;
    }
  } catch (error) {
    if (!WeirError.is(error) || error.code === "storage-failed") throw error;
    return { receipts, gaps, wrong: { receipt: receipts, reason: error.shortMessage } };
  }
  try {
    check(acknowledged);
    const { signature, ...totals } = acknowledged;
    if (signature !== undefined) assertReceipt(channel, { ...totals, signature }, env);
    else if (acknowledged.deliveredBytes > 0n)
      throw new WeirError("bad-signature", "the highest receipt has no signature");
  } catch (error) {
    if (!WeirError.is(error)) throw error;
    return { receipts, gaps, wrong: { receipt: 0, reason: error.shortMessage } };
  }
  return { receipts, gaps };
}
