import { schemaOf, openPlace } from "./postgresPlace.ts";
import type { PostgresStoreOptions } from "./postgresPlace.ts";
import { storageFailed } from "./postgresConnection.ts";

/** What a database is like, for whoever checks it before a relay depends on it. */
export interface PostgresFacts {
  /** As the server states it, for example `15.18`. */
  readonly version: string;
  /** Milliseconds for one question and its answer, when nothing is in the way. */
  readonly answerMs: number;
  /** Isolation level of transactions that name none. */
  readonly isolation: string;
  /** Whether the server is a replica, which takes no writes. */
  readonly replica: boolean;
  /** Whether the server waits for its disk at all. */
  readonly fsync: boolean;
  /** Whether what is sent is encrypted. */
  readonly encrypted: boolean;
  /** Whether statements of one connection reach one connection of the server; a pooler in between may share those. */
  readonly ownConnection: boolean;
  /** Whether the schema exists. */
  readonly schemaExists: boolean;
  /** Whether the role may make what the store needs: tables in the schema, or the schema itself. */
  readonly mayCreate: boolean;
}

/** Questions that are asked to time the answers, and to see whether one connection answers all. */
const TRIES = 5;

/** Reads, in a few statements, and changes nothing. @throws WeirError `storage-failed` if it cannot be reached */
export async function readPostgresFacts(options: PostgresStoreOptions): Promise<PostgresFacts> {
  const schema = schemaOf(options);
  const { close, pool } = await openPlace(options);
  try {
    const client = await pool.connect();
    try {
      const backends = new Set<unknown>();
      let answerMs = Infinity;
      for (let i = 0; i < TRIES; i++) {
        const began = performance.now();
        backends.add((await client.query({ text: "SELECT pg_backend_pid() AS pid" })).rows[0]?.["pid"]);
        answerMs = Math.min(answerMs, performance.now() - began);
      }
      const { rows } = await client.query({
        text: `SELECT current_setting('server_version') AS version,
            current_setting('default_transaction_isolation') AS isolation,
            current_setting('fsync') = 'on' AS fsync,
            pg_is_in_recovery() AS replica,
            COALESCE((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS encrypted,
            to_regnamespace($1) IS NOT NULL AS schema_exists,
            CASE WHEN to_regnamespace($1) IS NULL THEN has_database_privilege(current_database(), 'CREATE')
              ELSE has_schema_privilege($1, 'CREATE') END AS may_create`,
        values: [schema],
      });
      const row = rows[0] ?? {};
      return {
        version: (row["version"] as string).split(" ", 1)[0] ?? "",
        answerMs,
        isolation: row["isolation"] as string,
        replica: row["replica"] === true,
        fsync: row["fsync"] === true,
        encrypted: row["encrypted"] === true,
        ownConnection: backends.size === 1,
        schemaExists: row["schema_exists"] === true,
        mayCreate: row["may_create"] === true,
      };
    } finally {
      client.release();
    }
  } catch (error) {
    throw storageFailed(error);
  } finally {
    await close();
  }
}
