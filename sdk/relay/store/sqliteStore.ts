import { Worker } from "node:worker_threads";
import { WeirError } from "../../core/index.ts";
import { encodeRelayChannel, decodeRelayChannel } from "../../exchange/index.ts";
import { toCollectionRow } from "./collectionRow.ts";
import { decodeReceiptStep, encodeReceiptStep } from "./receiptLog.ts";
import type { ChannelRecord, ChannelWrite, Lease, RelayStore, WriteUrgency } from "./relayStore.ts";
import type { ChannelRow, SqliteOperations, StoredChannel } from "./sqliteOperations.ts";
import type { SqliteCommand, SqliteJob, SqliteMessage, SqliteOutcome, SqliteWorkerData } from "./sqliteWorker.ts";
import { fromTransactionRow, toTransactionRow } from "./transactionRow.ts";

/** Options of `sqliteStore`. */
export interface SqliteStoreOptions {
  /** Most writes in one transaction; 50 if left out. */
  readonly maxGroup?: number;
}

/** Milliseconds for which a deferred write waits for others: each batch wakes the thread once. */
const DEFER_MS = 10;

interface Waiting {
  readonly job: SqliteJob;
  readonly resolve: (value: never) => void;
  readonly reject: (error: WeirError) => void;
}

/**
 * A store in one SQLite file (WAL, synchronous=FULL), for one relay process. Writes that arrive together share one
 * transaction and one wait for the disk; a thread of its own does the waiting.
 *
 * @param file path of the database; it is made, readable by its owner only, if it does not exist
 */
export function sqliteStore(file: string, options: SqliteStoreOptions = {}): RelayStore {
  const { maxGroup = 50 } = options;
  let worker: Worker | undefined;
  let waiting: Waiting[] = [];
  let underWay: Waiting[] = [];
  /** Whether anything that waits is to be sent without delay. */
  let due = false;
  let deferred: NodeJS.Timeout | undefined;

  const fail = (reason: string): void => {
    worker = undefined;
    due = false;
    clearTimeout(deferred);
    deferred = undefined;
    const lost = [...underWay, ...waiting];
    underWay = [];
    waiting = [];
    for (const { reject } of lost) reject(storageFailed(reason));
  };

  // One batch is under way at a time. What comes in meanwhile makes the next one: the slower the disk, the larger the groups.
  const flush = (): void => {
    if (worker === undefined || underWay.length > 0 || waiting.length === 0) return;
    due = false;
    clearTimeout(deferred);
    deferred = undefined;
    underWay = waiting;
    waiting = [];
    worker.postMessage({ type: "run", jobs: underWay.map(({ job }) => job) } satisfies SqliteCommand);
  };
  const finish = (outcomes: readonly SqliteOutcome[]): void => {
    const done = underWay;
    underWay = [];
    if (due) flush();
    for (const [i, { resolve, reject }] of done.entries()) {
      const outcome = outcomes[i] ?? { error: "the thread did not answer" };
      if ("error" in outcome) reject(storageFailed(outcome.error));
      else resolve(outcome.value as never);
    }
  };

  async function run<Name extends keyof SqliteOperations>(
    operation: Name,
    args: Parameters<SqliteOperations[Name]>,
    urgency: WriteUrgency = "durable",
  ): Promise<ReturnType<SqliteOperations[Name]>> {
    return new Promise((resolve, reject) => {
      if (worker === undefined) {
        reject(storageFailed("the store is not started"));
        return;
      }
      waiting.push({ job: [urgency === "durable", operation, ...args], resolve, reject });
      if (urgency === "deferred") {
        deferred ??= setTimeout(() => {
          due = true;
          flush();
        }, DEFER_MS);
      } else if (!due) {
        due = true;
        setImmediate(flush);
      }
    });
  }

  const writeChannel = async (write: ChannelWrite): Promise<boolean> =>
    run("writeChannel", toRow(write), write.urgency);
  // Whoever has the file open is alone, so it holds every right for as long as it lives.
  const lease: Lease = {
    held: () => worker !== undefined,
    writeChannel,
    putTransaction: async (transaction) => run("putTransaction", [toTransactionRow(transaction)]),
    dropTransaction: async (nonce, collection) =>
      run("dropTransaction", [nonce, collection === undefined ? undefined : toCollectionRow(collection)]),
    release: async () => Promise.resolve(),
  };

  return {
    shared: false,
    async start() {
      const started = startWorker({ file, maxGroup });
      worker = started;
      await new Promise<void>((resolve, reject) => {
        started.on("message", (message: SqliteMessage) => {
          if (message.type === "done") finish(message.outcomes);
          else if (message.type === "open") resolve();
          else reject(new WeirError("storage-failed", `the store does not open: ${message.error}`, { details: file }));
        });
        started.on("error", (cause) => {
          reject(new WeirError("storage-failed", "the store does not open", { details: file, cause }));
          fail(String(cause));
        });
        started.on("exit", () => {
          if (worker === started) fail("the thread of the store ended");
        });
      });
    },
    async stop() {
      if (worker === undefined) return;
      const stopping = worker;
      // Everything that was asked for before is written first.
      await run("highest", ["stop"]);
      worker = undefined;
      const ended = new Promise((resolve) => stopping.once("exit", resolve));
      stopping.postMessage({ type: "close" } satisfies SqliteCommand);
      await ended;
    },

    async readChannel(id) {
      const stored = await run("readChannel", [id], "prompt");
      return stored === undefined ? undefined : toRecord(stored);
    },
    writeChannel,
    async listChannels(filter) {
      const rows = await run("listChannels", [filter.type, filter.type === "idle" ? filter.before : 0], "prompt");
      return rows.map(toRecord);
    },
    creditTaken: async ({ id, channel }, now) => run("creditTaken", [id, channel.signer, now], "prompt"),
    readLog: async (id) => (await run("readLog", [id], "prompt")).map(decodeReceiptStep),
    useChallenge: async (id, expires, now) => run("useChallenge", [id, expires, now]),
    secret: async (name) => run("secret", [name]),
    highest: async (name) => run("highest", [name], "prompt"),
    raise: async (name, value) => run("raise", [name, value]),
    transactions: async () => (await run("transactions", [], "prompt")).map(fromTransactionRow),
    isDenied: async (signer) => run("isDenied", [signer], "prompt"),
    orders: async () => run("orders", [], "prompt"),
    async removeOrder(id) {
      await run("removeOrder", [id]);
    },
    lead: async () => Promise.resolve(lease),
    call: async () => Promise.resolve(),
  };
}

function startWorker(data: SqliteWorkerData): Worker {
  // In the repository the thread is a TypeScript file that Node runs as it is; in the package it is JavaScript.
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return new Worker(new URL(`./sqliteWorker.${extension}`, import.meta.url), { workerData: data });
}

function storageFailed(reason: string): WeirError {
  return new WeirError("storage-failed", undefined, { details: reason });
}

function toRow({ state, from, index, log, bounds, now }: ChannelWrite): ChannelRow {
  return [
    state.id,
    from,
    encodeRelayChannel(state),
    state.channel.signer,
    state.session !== undefined,
    state.transfers.length > 0,
    index.taken,
    index.takenUntil,
    index.funded,
    index.collectable,
    index.collecting,
    now,
    log.map(encodeReceiptStep),
    bounds,
  ];
}

function toRecord({ state, version }: StoredChannel): ChannelRecord {
  return { state: decodeRelayChannel(state), version };
}
