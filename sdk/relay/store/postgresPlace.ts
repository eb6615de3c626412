import { WeirError } from "../../core/index.ts";
import { bearErrors, openPool } from "./postgresConnection.ts";
import type { PostgresPool } from "./postgresConnection.ts";

/** Options of `postgresStore` and `postgresRecords`: where the database is, or a pool of your own. */
export type PostgresStoreOptions = PostgresDatabase & {
  /** Schema that its tables are in; `weir` if left out. One for each payee. */
  readonly schema?: string;
};

type PostgresDatabase =
  | {
      /** As libpq has it, for example `postgres://weir@db.example/weir?sslmode=verify-full`. */
      readonly connectionString: string;
      /** Most connections of this process; 10 if left out, 2 at least. */
      readonly maxConnections?: number;
      readonly pool?: never;
    }
  | {
      /** A `Pool` of the package `pg` of at least two connections, without a pooler that shares them. It is not ended. */
      readonly pool: PostgresPool;
      readonly connectionString?: never;
      readonly maxConnections?: never;
    };

/** A pool in use. */
export interface OpenPlace {
  readonly pool: PostgresPool;
  /** Ends the pool, unless it is the caller's own. */
  readonly close: () => Promise<void>;
}

const MAX_CONNECTIONS = 10;

/**
 * The schema of a place.
 *
 * @throws WeirError `malformed-message` that names the option which is wrong
 */
export function schemaOf({ maxConnections = MAX_CONNECTIONS, schema = "weir" }: PostgresStoreOptions): string {
  if (!/^[a-z_][a-z0-9_]{0,31}$/.test(schema)) {
    throw wrong("schema", "a plain name of at most 32 small letters, digits and underscores");
  }
  if (!Number.isSafeInteger(maxConnections) || maxConnections < 2) {
    throw wrong("maxConnections", "a whole number above one: the right to collect has a connection of its own");
  }
  return schema;
}

/** Opens a pool on a place, or takes the caller's. Connects to nothing yet. @throws WeirError `storage-failed` */
export async function openPlace(place: PostgresStoreOptions): Promise<OpenPlace> {
  const pool = place.pool ?? (await openPool(place.connectionString, place.maxConnections ?? MAX_CONNECTIONS));
  const unbear = bearErrors(pool);
  return {
    pool,
    async close() {
      if (place.pool === undefined) await pool.end();
      unbear();
    },
  };
}

function wrong(key: string, cure: string): WeirError {
  return new WeirError("malformed-message", `the store option ${key} must be ${cure}`);
}
