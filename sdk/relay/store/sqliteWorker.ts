import { closeSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { WeirError } from "../../core/index.ts";
import { sqliteOperations } from "./sqliteOperations.ts";
import type { SqliteOperations } from "./sqliteOperations.ts";
import { takeLock } from "./sqliteLock.ts";
import { migrate } from "./sqliteSchema.ts";

/** One operation for the writing thread, and whether it must be on disk before it is answered. */
export type SqliteJob = readonly [durable: boolean, operation: keyof SqliteOperations, ...args: readonly unknown[]];

/** What came of a job; `error` is for people. */
export type SqliteOutcome = { readonly value: unknown } | { readonly error: string };

/** How the thread is started. */
export interface SqliteWorkerData {
  readonly file: string;
  /** Most jobs in one transaction. */
  readonly maxGroup: number;
}

/** What the thread sends: first whether it could open the database, then the outcomes of each batch, in order. */
export type SqliteMessage =
  | { readonly type: "open" }
  | { readonly type: "failed"; readonly error: string }
  | { readonly type: "done"; readonly outcomes: readonly SqliteOutcome[] };

/** What the thread is told. */
export type SqliteCommand = { readonly type: "run"; readonly jobs: readonly SqliteJob[] } | { readonly type: "close" };

/**
 * The one thread that touches the database. SQLite waits for the disk inside its calls: here that holds up nobody but
 * those who wait for that very write.
 */
function serve(port: MessagePort, { file, maxGroup }: SqliteWorkerData): void {
  const lock = takeLock(file);
  const database = openDatabase(file);
  const operations = sqliteOperations(database);
  const run = ([, name, ...args]: SqliteJob): unknown => {
    const operation = operations[name] as (...args: readonly unknown[]) => unknown;
    return operation(...args);
  };
  const inTransaction = <Result>(durable: boolean, work: () => Result): Result => {
    // FULL waits for the disk at every commit, NORMAL leaves that to the operating system.
    database.exec(`PRAGMA synchronous = ${durable ? "FULL" : "NORMAL"}`);
    database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      database.exec("COMMIT");
      return result;
    } catch (error) {
      if (database.isTransaction) database.exec("ROLLBACK");
      throw error;
    }
  };
  const runGroup = (jobs: readonly SqliteJob[]): SqliteOutcome[] => {
    const durable = jobs.some(([isDurable]) => isDurable);
    try {
      return inTransaction(durable, () => jobs.map((job) => ({ value: run(job) })));
    } catch (error) {
      // What ails the whole database ails every job. One by one, a locked one would be waited for as many times.
      if (jobs.length === 1 || isOfDatabase(error)) return jobs.map(() => ({ error: String(error) }));
      // One bad job must not take the others of its group down.
      return jobs.flatMap((job) => runGroup([job]));
    }
  };

  port.on("message", (command: SqliteCommand) => {
    if (command.type === "close") {
      database.close();
      lock.close();
      port.close();
      return;
    }
    const outcomes: SqliteOutcome[] = [];
    for (let at = 0; at < command.jobs.length; at += maxGroup) {
      outcomes.push(...runGroup(command.jobs.slice(at, at + maxGroup)));
    }
    port.postMessage({ type: "done", outcomes } satisfies SqliteMessage);
  });
  port.postMessage({ type: "open" } satisfies SqliteMessage);
}

/** SQLite's codes for a database that is locked, full, damaged, or out of reach. */
const DATABASE_FAILURES = {
  busy: 5,
  outOfMemory: 7,
  readOnly: 8,
  inputOutput: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
};

function isOfDatabase(error: unknown): boolean {
  if (!(error instanceof Error) || !("errcode" in error)) return false;
  // The lowest byte is the kind, the others say more.
  const kind = Number(error.errcode) & 0xff;
  return Object.values(DATABASE_FAILURES).includes(kind);
}

function openDatabase(file: string): DatabaseSync {
  // SQLite gives its side files the mode of the database, and there are secrets in it.
  closeSync(openSync(file, "a", 0o600));
  const database = new DatabaseSync(file, { timeout: 5_000 });
  database.exec("PRAGMA journal_mode = WAL");
  database.exec("PRAGMA synchronous = FULL");
  migrate(database);
  return database;
}

if (parentPort !== null) {
  try {
    serve(parentPort, workerData as SqliteWorkerData);
  } catch (error) {
    const reason = WeirError.is(error) ? error.shortMessage : String(error);
    parentPort.postMessage({ type: "failed", error: reason } satisfies SqliteMessage);
    parentPort.close();
  }
}
