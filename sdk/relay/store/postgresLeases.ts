import { hostname } from "node:os";
import type { PostgresClient, PostgresPool, PostgresQuery, PostgresResult } from "./postgresConnection.ts";
import { insist, storageFailed } from "./postgresConnection.ts";

/** A right, and the one connection whose end is its end. */
export interface PostgresLease {
  readonly held: () => boolean;
  /** Runs a statement on the connection that holds the right. Rejects with `storage-failed` once that is lost. */
  readonly query: (query: PostgresQuery) => Promise<PostgresResult>;
  readonly release: () => Promise<void>;
}

/** The rights of one process. */
export interface PostgresLeases {
  /** @throws WeirError `storage-failed` */
  readonly lead: (name: string, onCall?: () => void) => Promise<PostgresLease | undefined>;
  /** What calls the holder of a right. */
  readonly call: (name: string) => PostgresQuery;
  /** Gives all of them up. */
  readonly stop: () => void;
}

interface Session {
  readonly client: PostgresClient;
  /** What is held, or about to be, and what to do when another process calls for it. */
  readonly names: Map<string, (() => void) | undefined>;
  readonly heartbeat: NodeJS.Timeout;
  alive: boolean;
}

/** The right that every process has a share of for as long as it is connected: who holds it is who runs. */
export const PRESENT = "present";

const HEARTBEAT_MS = 1_000;

/**
 * Milliseconds without a sign of life after which the server ends the connection and with it the rights, and after which
 * an answer no longer counts as one. A process that is stopped, hangs or is cut off keeps nobody waiting for longer.
 */
const SILENCE_MS = 5_000;

/** The text whose hash is the key of a right's advisory lock. */
export function lockName(scope: string, right: string): string {
  return `weir ${scope} ${right}`;
}

/** The process of a connection that holds rights, as `host/process id`. */
export function processOf(applicationName: string): string {
  return applicationName.replace(/^weir relay /, "");
}

/**
 * Rights as advisory locks of one connection. The server holds a lock for as long as the connection lives: a statement
 * that gets through it proves that the lock was held while it ran. No clock is compared and nothing can expire in between.
 *
 * @param scope sets the locks of one store apart from those of others in the same database
 */
export function postgresLeases(pool: PostgresPool, scope: string): PostgresLeases {
  const channel = `"weir ${scope}"`;
  const applicationName = `weir relay ${hostname()}/${process.pid}`;
  let current: Session | undefined;
  let opening: Promise<Session> | undefined;
  let stopped = false;

  const lose = (session: Session): void => {
    if (!session.alive) return;
    session.alive = false;
    clearInterval(session.heartbeat);
    session.client.release(true);
    if (current === session) current = undefined;
  };
  const query = async (session: Session, statement: PostgresQuery): Promise<PostgresResult> => {
    if (!session.alive) throw storageFailed("the right to do it was lost");
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(new Error("the database does not answer"));
      }, SILENCE_MS);
    });
    try {
      return await Promise.race([session.client.query(statement), silence]);
    } catch (error) {
      // Whether the connection is still good is not worth a guess: another one is soon made.
      lose(session);
      throw storageFailed(error);
    } finally {
      clearTimeout(timer);
    }
  };
  const connect = async (): Promise<PostgresClient> => {
    const client = await pool.connect();
    try {
      await client.query({ text: `SET idle_session_timeout = ${SILENCE_MS}` });
      await client.query({ text: "SELECT set_config('application_name', $1, false)", values: [applicationName] });
      await client.query({ text: `LISTEN ${channel}` });
      await client.query({
        text: "SELECT pg_advisory_lock_shared(hashtextextended($1, 0))",
        values: [lockName(scope, PRESENT)],
      });
    } catch (error) {
      client.release(true);
      throw error;
    }
    return client;
  };
  const open = async (): Promise<Session> => {
    const client = await insist(performance.now(), connect);
    const heartbeat = setInterval(() => {
      // One that fails loses the session, which is all that is to be done about it.
      query(session, { text: "SELECT" }).catch(() => undefined);
    }, HEARTBEAT_MS);
    const session: Session = { client, names: new Map(), heartbeat, alive: true };
    client.on("error", () => {
      lose(session);
    });
    client.on("notification", ({ payload = "" }) => session.names.get(payload)?.());
    if (stopped) lose(session);
    else current = session;
    return session;
  };

  return {
    call: (name) => ({ text: "SELECT pg_notify($1, $2)", values: [`weir ${scope}`, name] }),
    async lead(name, onCall) {
      const session = current ?? (await (opening ??= open().finally(() => (opening = undefined))));
      // A connection may take its own locks again and again, so what this process holds is for it to know.
      if (session.names.has(name)) return undefined;
      session.names.set(name, onCall);
      const key = lockName(scope, name);
      const { rows } = await query(session, {
        text: "SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS held",
        values: [key],
      });
      if (rows[0]?.["held"] !== true) {
        session.names.delete(name);
        return undefined;
      }
      return {
        held: () => session.alive && session.names.has(name),
        query: async (statement) => {
          if (!session.names.has(name)) throw storageFailed("the right to do it was given up");
          return query(session, statement);
        },
        async release() {
          if (!session.alive || !session.names.delete(name)) return;
          // Where this fails the connection is lost, and the lock with it.
          await query(session, {
            text: "SELECT pg_advisory_unlock(hashtextextended($1, 0))",
            values: [key],
          }).catch(() => undefined);
        },
      };
    },
    stop() {
      stopped = true;
      if (current !== undefined) lose(current);
    },
  };
}
