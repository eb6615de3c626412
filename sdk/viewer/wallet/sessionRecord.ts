import { paymentChannelsDomain } from "../../core/deployment.ts";
import type { Deployment } from "../../core/deployment.ts";
import { domainSeparator } from "../../core/domain.ts";
import type { Address, Hex } from "../../core/hex.ts";
import { WeirError } from "../../core/weirError.ts";
import type { SignedDeposit } from "../../http/index.ts";
import type { SessionDatabase } from "./sessionDatabase.ts";
import type { SealedKey } from "./sessionKey.ts";
import type { SessionLimits } from "./sessionLimits.ts";

/** A session as the browser keeps it: a key, what it may cost, and how its account came to its money. */
export interface SessionRecord {
  readonly id: string;
  readonly name: string;
  /** The wallet that gets everything back. */
  readonly owner: Address;
  /** The session key's address: its account. */
  readonly signer: Address;
  readonly key: SealedKey;
  readonly limits: SessionLimits;
  /** Token base units that the wallet put into the account. */
  readonly deposited: bigint;
  /** A deposit of which it is not known yet that it was made: it is made to its end before another begins. */
  readonly pending?: PendingDeposit | undefined;
  /** The chain's block before which the account did not exist. */
  readonly since: number;
}

/** A deposit under way: signed by the wallet for anybody to send, or sent by the wallet. */
export type PendingDeposit =
  | { readonly type: "signed"; readonly amount: bigint; readonly deposit: SignedDeposit }
  | { readonly type: "sent"; readonly amount: bigint; readonly hash: Hex };

/** What a session is kept under: one to an escrow, a wallet and a name. @throws WeirError `malformed-message` */
export function sessionId(deployment: Deployment, owner: Address, name: string): string {
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(name)) {
    throw new WeirError(
      "malformed-message",
      "a session's name has 1 to 64 letters, digits, dots, dashes or underscores",
    );
  }
  return `${domainSeparator(paymentChannelsDomain(deployment))}/${owner.toLowerCase()}/${name}`;
}

/** The session of this name, if there is one. @throws WeirError `storage-failed` */
export async function readRecord(database: SessionDatabase, id: string): Promise<SessionRecord | undefined> {
  return database.transact("sessions", async (table) => (await table.get(id)) as SessionRecord | undefined);
}

/** Writes a new session down, unless there is one by now. @returns the one that is kept */
export async function addRecord(database: SessionDatabase, record: SessionRecord): Promise<SessionRecord> {
  return database.transact("sessions", async (table) => {
    const known = (await table.get(record.id)) as SessionRecord | undefined;
    if (known === undefined) table.put(record.id, record);
    return known ?? record;
  });
}

/** Changes a session. @throws WeirError `storage-failed`, also if it was closed meanwhile */
export async function changeRecord(
  database: SessionDatabase,
  id: string,
  change: (record: SessionRecord) => SessionRecord,
): Promise<SessionRecord> {
  return database.transact("sessions", async (table) => {
    const known = (await table.get(id)) as SessionRecord | undefined;
    if (known === undefined) throw new WeirError("storage-failed", "the session was closed");
    const changed = change(known);
    table.put(id, changed);
    return changed;
  });
}

/** Where the channels of a slot are kept. */
export function slotPlace(id: string, slot: number): string {
  return `${id}/slot/${slot}`;
}

/** Slots under which something is kept. */
export async function keptSlots(database: SessionDatabase, id: string): Promise<number[]> {
  const begin = slotPlace(id, 0).slice(0, -1);
  const entries = await database.transact("entries", async (table) => table.list(begin));
  return [...new Set(entries.map(([key]) => Number(key.slice(begin.length).split("|", 1)[0])))];
}

/** Forgets a session of which nothing is left, key and all. */
export async function removeSession(database: SessionDatabase, id: string): Promise<void> {
  await database.transact("entries", async (table) => {
    for (const [key] of await table.list(`${id}/slot/`)) table.delete(key);
  });
  for (const table of ["ledgers", "sessions"] as const) {
    await database.transact(table, async (access) => {
      access.delete(id);
      return Promise.resolve();
    });
  }
}
