import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import type { Deployment } from "../../core/index.ts";
import { sqliteRecords } from "../../relay/index.ts";
import { exportedReceipts } from "./exportedReceipts.ts";
import type { AuditedReceipts } from "./auditReceipts.ts";
import { storedReceipts } from "./storedReceipts.ts";

/** How every SQLite file begins. */
const SQLITE_MAGIC = "SQLite format 3\0";

/**
 * Opens a relay's receipts: its SQLite file, beside a running relay or a copy, or an export as JSON.
 *
 * @param use gets them channel by channel; the file is closed when it is done
 * @throws CliError as `exportedReceipts`; WeirError `storage-failed`
 */
export async function withReceipts<Result>(
  file: string,
  deployment: Deployment,
  use: (receipts: AsyncIterable<AuditedReceipts> | Iterable<AuditedReceipts>) => Promise<Result>,
): Promise<Result> {
  if (!isSqlite(file)) return use(exportedReceipts(readFileSync(file, "utf8"), deployment));
  const records = sqliteRecords(file);
  await records.start();
  try {
    return await use(storedReceipts(records));
  } finally {
    await records.stop();
  }
}

function isSqlite(file: string): boolean {
  const descriptor = openSync(file, "r");
  try {
    const head = Buffer.alloc(SQLITE_MAGIC.length);
    readSync(descriptor, head);
    return head.toString("latin1") === SQLITE_MAGIC;
  } finally {
    closeSync(descriptor);
  }
}
