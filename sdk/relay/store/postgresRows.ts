import { bytesToHex } from "../../core/index.ts";
import type { PostgresResult } from "./postgresConnection.ts";
import type { Order } from "./relayRecords.ts";
import type { RelayTransaction } from "./relayStore.ts";
import { fromTransactionRow } from "./transactionRow.ts";

type Row = PostgresResult["rows"][number];

/** A row of the transactions. */
export function toTransaction(row: Row): RelayTransaction {
  return fromTransactionRow({
    nonce: Number(row["nonce"]),
    hashes: row["hashes"] as string,
    raw: row["raw"] as string,
    channels: row["channels"] as string,
    sentAt: Number(row["sent_at"]),
    facts: row["facts"] as string,
  });
}

/** A row of the orders. */
export function toOrder(row: Row): Order {
  const channel = row["channel"] as Uint8Array | null;
  return {
    id: Number(row["id"]),
    type: row["type"] as Order["type"],
    ...(channel === null ? {} : { channel: bytesToHex(channel) }),
    at: Number(row["at"]),
  };
}
