import { owed } from "../../core/index.ts";
import type { Deployment, ReceiptStep } from "../../core/index.ts";
import type { RelayChannel } from "../../exchange/index.ts";
import { tokensOf } from "../connect.ts";

/** What a receipt added to its channel. Sizes are bytes as decimal text. */
export interface ReceiptFacts {
  /** Its place in the channel's log, from 1. */
  readonly number: number;
  readonly prevBytes: string;
  readonly bytes: string;
  readonly deliveredBytes: string;
  readonly segments: number;
  /** What it added in token base units, and in tokens. */
  readonly baseUnits: string;
  readonly value: string;
}

/** The facts of a receipt. Amounts are differences of totals, so they add up without rounding. */
export function receiptFacts(
  { channel: { pricePerGiB } }: RelayChannel,
  number: number,
  { entries, prev, receipt }: ReceiptStep,
  deployment: Deployment,
): ReceiptFacts {
  const value = owed(receipt.deliveredBytes, pricePerGiB) - owed(prev.deliveredBytes, pricePerGiB);
  return {
    number,
    prevBytes: String(prev.deliveredBytes),
    bytes: String(receipt.deliveredBytes - prev.deliveredBytes),
    deliveredBytes: String(receipt.deliveredBytes),
    segments: entries.length,
    baseUnits: String(value),
    value: tokensOf(value, deployment),
  };
}
