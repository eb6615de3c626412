import { coveredBytes } from "../core/amounts.ts";
import { defaultViewerPolicy } from "../exchange/index.ts";

const BUDGET_PARTS = 8n;

/**
 * What the first funding of a channel should pay for, in bytes: so little of a small budget that several relays can have a
 * part of it.
 *
 * @param budget token base units
 * @param maxPricePerGiB token base units
 */
export function fundBytesOf(budget: bigint, maxPricePerGiB: bigint): bigint {
  const part = coveredBytes(budget / BUDGET_PARTS, maxPricePerGiB);
  return part < defaultViewerPolicy.fundBytes ? part : defaultViewerPolicy.fundBytes;
}
