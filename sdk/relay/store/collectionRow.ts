import type { Hex } from "../../core/index.ts";
import type { CollectionRecord } from "./relayRecords.ts";

/** The columns of a collection. Numbers of any size are decimal text. */
export const COLLECTION_COLUMNS =
  "nonce, hash, reason, block, mined_at, gas_used, gas_price, cost, value, funds, settles, closes, alone";

/** Values of `COLLECTION_COLUMNS`, in their order; the first is the nonce. */
export type CollectionRow = readonly [nonce: number, ...rest: readonly (string | number | null)[]];

/** The row of a collection. */
export function toCollectionRow({ hash, ...record }: CollectionRecord): CollectionRow {
  const { nonce, reason, block, minedAt, gasUsed, gasPrice, cost, value, funds, settles, closes, alone } = record;
  const amounts = [gasUsed, gasPrice, cost, value].map(String);
  return [nonce, hash ?? null, reason, block, minedAt, ...amounts, funds, settles, closes, String(alone)];
}

/** The inverse of `toCollectionRow`, for a row as a database gives it, whatever that makes of the numbers. */
export function fromCollectionRow(row: Readonly<Record<string, unknown>>): CollectionRecord {
  const number = (column: string): number => Number(row[column]);
  const amount = (column: string): bigint => BigInt(row[column] as string);
  const hash = row["hash"] as Hex | null;
  return {
    nonce: number("nonce"),
    ...(hash === null ? {} : { hash }),
    reason: row["reason"] as CollectionRecord["reason"],
    block: number("block"),
    minedAt: number("mined_at"),
    gasUsed: amount("gas_used"),
    gasPrice: amount("gas_price"),
    cost: amount("cost"),
    value: amount("value"),
    funds: number("funds"),
    settles: number("settles"),
    closes: number("closes"),
    alone: amount("alone"),
  };
}
