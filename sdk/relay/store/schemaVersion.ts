import { WeirError } from "../../core/index.ts";

/** @throws WeirError `storage-failed` if a newer program wrote the store */
export function assertNotNewer(applied: number, known: number): void {
  if (applied <= known) return;
  throw new WeirError("storage-failed", "a newer version of this software wrote the store", {
    details: `its schema is ${applied}, this version knows ${known}`,
  });
}

/** @throws WeirError `storage-failed` unless the store has the newest schema */
export function assertCurrent(applied: number, known: number): void {
  assertNotNewer(applied, known);
  if (applied === 0) throw new WeirError("storage-failed", "no relay has made its store there yet");
  if (applied === known) return;
  throw new WeirError("storage-failed", "an older version of this software wrote the store: start the relay once", {
    details: `its schema is ${applied}, this version's is ${known}`,
  });
}
