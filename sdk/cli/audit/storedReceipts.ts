import type { RelayRecords } from "../../relay/index.ts";
import type { AuditedReceipts } from "./auditReceipts.ts";

/** The receipts of every channel in a relay's store, page by page, whether the relay runs or not. */
export async function* storedReceipts(records: RelayRecords): AsyncGenerator<AuditedReceipts> {
  for await (const { state } of records.channels()) {
    const { acknowledged, channel, id, seed } = state;
    const { signature } = acknowledged;
    if (signature === undefined) continue; // Nothing was receipted yet.
    yield { channel, seed, steps: records.receipts(id), acknowledged: { ...acknowledged, signature } };
  }
}
