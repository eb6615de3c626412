import { setTimeout as sleep } from "node:timers/promises";
import { WeirError } from "../../core/index.ts";

/** A statement for the database; with a name, each connection prepares it once. */
export interface PostgresQuery {
  readonly name?: string;
  readonly text: string;
  readonly values?: unknown[];
}

/** What comes of a statement. */
export interface PostgresResult {
  readonly rows: Readonly<Record<string, unknown>>[];
}

/** One connection of a pool, as `pg` makes them. */
export interface PostgresClient {
  readonly query: (query: PostgresQuery) => Promise<PostgresResult>;
  /** Gives it back, or ends it. */
  readonly release: (destroy?: boolean) => void;
  readonly on: PostgresClientEvents;
}

/** Adds a listener to a connection. */
export interface PostgresClientEvents {
  (event: "error", listener: (error: Error) => void): unknown;
  (event: "notification", listener: (message: { readonly payload?: string | undefined }) => void): unknown;
}

/** A pool of connections, as `pg` makes them. */
export interface PostgresPool {
  readonly query: (query: PostgresQuery) => Promise<PostgresResult>;
  readonly connect: () => Promise<PostgresClient>;
  readonly on: PostgresPoolEvents;
  readonly off: PostgresPoolEvents;
  readonly end: () => Promise<void>;
}

/** Adds or removes a listener of a pool. */
export interface PostgresPoolEvents {
  (event: "error", listener: (error: Error) => void): unknown;
  (event: "connect", listener: (client: PostgresClient) => void): unknown;
}

/** Milliseconds for which a connection or an answer is waited for. */
const ANSWER_MS = 5_000;

/** Milliseconds for which an operation is tried again while the database is away. */
const PATIENCE_MS = 5_000;

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

/**
 * A pool over the package `pg`, which is loaded here and nowhere else: who keeps receipts in SQLite does not need it.
 *
 * @throws WeirError `storage-failed` if it is not installed
 */
export async function openPool(connectionString: string, maxConnections: number): Promise<PostgresPool> {
  const { Pool } = await loadPg();
  return new Pool({
    connectionString,
    max: maxConnections,
    connectionTimeoutMillis: ANSWER_MS,
    query_timeout: ANSWER_MS,
    keepAlive: true,
    fallback_application_name: "weir relay",
  });
}

async function loadPg(): Promise<typeof import("pg")> {
  try {
    return await import("pg");
  } catch (cause) {
    throw new WeirError("storage-failed", "the package pg is missing: npm install pg", { cause });
  }
}

/**
 * Keeps connections that break from ending the process, as errors without a listener do; at moments the pool listens to
 * none of its own. Who uses a connection hears of it by what fails, and one that nobody uses is made again when needed.
 *
 * @returns what takes it back
 */
export function bearErrors(pool: PostgresPool): () => void {
  const bear = (): undefined => undefined;
  const onConnect = (client: PostgresClient): void => {
    client.on("error", bear);
  };
  pool.on("error", bear);
  pool.on("connect", onConnect);
  return () => {
    pool.off("error", bear);
    pool.off("connect", onConnect);
  };
}

/**
 * Does something that may be done twice, and again with growing pauses while the database is away.
 *
 * @param since when it was asked for, by `performance.now()`; what has waited too long already is not begun
 * @throws WeirError `storage-failed`
 */
export async function insist<Result>(since: number, attempt: () => Promise<Result>): Promise<Result> {
  let pause = FIRST_PAUSE_MS;
  let reason: unknown = "the database is away";
  while (performance.now() - since < PATIENCE_MS) {
    try {
      return await attempt();
    } catch (error) {
      if (WeirError.is(error)) throw error;
      if (!isPassing(error)) throw storageFailed(error);
      reason = error;
    }
    // At different moments, or all that wait would come back at once.
    await sleep(pause * (0.5 + Math.random()));
    pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
  }
  throw storageFailed(reason);
}

/** What the database or the way to it said no to. */
export function storageFailed(cause: unknown): WeirError {
  return new WeirError("storage-failed", undefined, { details: String(cause), cause });
}

/**
 * Whether another try on another connection makes sense: the connection broke, or the server says so. Its classes of
 * errors (PostgreSQL, appendix A): 08 connection, 40 rolled back, 53300 too many connections, 57P0x shutting down or
 * starting up or ended for idling, 25006 a server that became a replica.
 */
function isPassing(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof TypeError) return false;
  const isFromServer = "severity" in error && "code" in error;
  return !isFromServer || /^(?:08|40|53300|57P0|25006)/.test(String(error.code));
}
