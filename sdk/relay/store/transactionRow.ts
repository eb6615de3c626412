import type { Hex } from "../../core/index.ts";
import type { RelayTransaction } from "./relayStore.ts";

/** A transaction as a table keeps it: lists are JSON. */
export interface TransactionRow {
  readonly nonce: number;
  readonly hashes: string;
  readonly raw: string;
  readonly channels: string;
  readonly sentAt: number;
}

/** The row of a transaction. */
export function toTransactionRow({ nonce, hashes, raw, channels, sentAt }: RelayTransaction): TransactionRow {
  const plain = channels.map(({ id, settling, funding, close }) => [id, String(settling), String(funding), close]);
  return { nonce, hashes: JSON.stringify(hashes), raw, channels: JSON.stringify(plain), sentAt };
}

/** The inverse of `toTransactionRow`. */
export function fromTransactionRow({ nonce, hashes, raw, channels, sentAt }: TransactionRow): RelayTransaction {
  const plain = JSON.parse(channels) as [Hex, string, string, boolean][];
  return {
    nonce,
    hashes: JSON.parse(hashes) as Hex[],
    raw: raw as Hex,
    channels: plain.map(([id, settling, funding, close]) => ({
      id,
      settling: BigInt(settling),
      funding: BigInt(funding),
      close,
    })),
    sentAt,
  };
}
