import { DatabaseSync } from "node:sqlite";
import { hexToBytes } from "../../sdk/core/index.ts";
import type { Hex, ReceiptStep, WeirDomain } from "../../sdk/core/index.ts";
import { sqliteStore } from "../../sdk/relay/index.ts";
import type { RelayStore } from "../../sdk/relay/index.ts";
import { findDoubleSettled, findLost } from "./judge.ts";
import type { SettledRow } from "./judge.ts";
import type { Witness } from "./witness.ts";

/** What the judges found in a store and on a chain that were falsified: all of it must be above zero. */
export interface SabotageReport {
  /** Lost, after the last receipt of a channel was deleted. */
  readonly receiptDeleted: number;
  /** Lost, after a channel was set back to before its first receipt. */
  readonly channelSetBack: number;
  /** Settled twice, with the last row of the chain once more. */
  readonly rowRepeated: number;
  /** Settled twice, with one byte more in the last row of the chain than anybody signed for. */
  readonly byteAdded: number;
}

/** What to falsify. */
export interface SabotageOptions {
  /** A fresh copy of the store, each time. */
  readonly copyStore: () => string;
  readonly witness: Witness;
  readonly domain: WeirDomain;
  readonly rows: readonly SettledRow[];
}

/** Falsifies copies of a store and of what the chain says, to see that the judges notice. */
export async function sabotage({ copyStore, domain, rows, witness }: SabotageOptions): Promise<SabotageReport> {
  const last = rows.at(-1);
  if (last === undefined) throw new Error("nothing was settled, so no settlement can be falsified");
  const bytes = witness.signed.get(last.channel) ?? 0n;
  const lostAfter = async (falsify: (store: RelayStore, file: string) => Promise<void>): Promise<number> => {
    const file = copyStore();
    const store = sqliteStore(file);
    await store.start();
    try {
      await falsify(store, file);
      return (await findLost({ store, witness, domain, settled: new Map() })).length;
    } finally {
      await store.stop();
    }
  };
  return {
    receiptDeleted: await lostAfter(async (store, file) => {
      deleteLastReceipt(file, (await longestLog(store, witness)).id);
    }),
    channelSetBack: await lostAfter(async (store) => {
      await setBack(store, await longestLog(store, witness));
    }),
    rowRepeated: findDoubleSettled([...rows, last], witness).length,
    byteAdded: findDoubleSettled([...rows, { ...last, settledBytes: bytes + 1n }], witness).length,
  };
}

interface LoggedChannel {
  readonly id: Hex;
  readonly log: readonly ReceiptStep[];
}

async function longestLog(store: RelayStore, { channels }: Witness): Promise<LoggedChannel> {
  let longest: LoggedChannel | undefined;
  for (const id of channels.keys()) {
    const log = await store.readLog(id);
    if (log.length > (longest?.log.length ?? 0)) longest = { id, log };
  }
  if (longest === undefined) throw new Error("the store has no receipt that could be falsified");
  return longest;
}

function deleteLastReceipt(file: string, id: Hex): void {
  const database = new DatabaseSync(file);
  try {
    const last = "SELECT last_receipt FROM channels WHERE id = ?";
    database.prepare(`DELETE FROM receipts WHERE number = (${last})`).run(hexToBytes(id));
  } finally {
    database.close();
  }
}

async function setBack(store: RelayStore, { id, log }: LoggedChannel): Promise<void> {
  const record = await store.readChannel(id);
  const first = log[0]?.prev;
  if (record === undefined || first === undefined) throw new Error("the channel cannot be set back");
  const isWritten = await store.writeChannel({
    state: { ...record.state, acknowledged: first },
    from: record.version,
    index: { taken: 0n, takenUntil: 0, funded: true, collectable: false, collecting: false },
    log: [],
    now: 0,
    urgency: "durable",
  });
  if (!isWritten) throw new Error("the channel was not set back");
}
