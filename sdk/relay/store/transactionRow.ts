import type { Hex } from "../../core/index.ts";
import { encodeSignedDeposit, parseSignedDeposit } from "../../http/index.ts";
import type { RelayTransaction } from "./relayStore.ts";

/** A transaction as a table keeps it: lists are JSON, and so is what the collector wants to remember beside them. */
export interface TransactionRow {
  readonly nonce: number;
  readonly hashes: string;
  readonly raw: string;
  readonly channels: string;
  readonly sentAt: number;
  readonly facts: string;
}

/** The row of a transaction. */
export function toTransactionRow(transaction: RelayTransaction): TransactionRow {
  const { nonce, hashes, raw, channels, sentAt, deposit, reason, mined } = transaction;
  const plain = channels.map(({ id, settling, funding, close }) => [id, String(settling), String(funding), close]);
  const facts = JSON.stringify({
    ...{ reason, mined },
    ...(deposit === undefined ? {} : { deposit: encodeSignedDeposit(deposit) }),
  });
  return { nonce, hashes: JSON.stringify(hashes), raw, channels: JSON.stringify(plain), sentAt, facts };
}

/** The inverse of `toTransactionRow`. */
export function fromTransactionRow({ nonce, hashes, raw, channels, sentAt, facts }: TransactionRow): RelayTransaction {
  const plain = JSON.parse(channels) as [Hex, string, string, boolean][];
  const { deposit, ...rest } = JSON.parse(facts) as Pick<RelayTransaction, "reason" | "mined"> & { deposit?: string };
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
    ...rest,
    ...(deposit === undefined ? {} : { deposit: parseSignedDeposit(deposit) }),
  };
}
