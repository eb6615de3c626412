import { readPostgresFacts } from "../../relay/index.ts";
import type { PostgresFacts } from "../../relay/index.ts";
import { describeError } from "../describeError.ts";
import type { StorePlace } from "../storePlace.ts";
import { fail, ok, warn } from "./check.ts";
import type { Check } from "./check.ts";
import { diskCheck } from "./machineChecks.ts";

/** The oldest server with everything that the store uses. */
const LEAST_VERSION = 14;
/** Every receipt waits for at least one answer. */
const SLOW_MS = 20;

/** Whether what the relay must remember can be written where the settings say. */
export async function storeChecks(place: StorePlace): Promise<readonly Check[]> {
  if (place.type === "sqlite") return [diskCheck(place.file)];
  let facts: PostgresFacts;
  try {
    facts = await readPostgresFacts(place);
  } catch (error) {
    const { details = "", message } = describeError(error);
    const cure = "Check relay.store, the server, its pg_hba.conf and the password; npm install pg if that is missing.";
    return [fail("store", `${place.shown}: ${message}${details === "" ? "" : ` (${details})`}`, cure)];
  }
  return postgresChecks(place, facts);
}

function postgresChecks(
  { connectionString, schema, shown }: StorePlace & { type: "postgres" },
  facts: PostgresFacts,
): Check[] {
  const { answerMs, encrypted, fsync, isolation, mayCreate, ownConnection, replica, schemaExists, version } = facts;
  const problems: Check[] = [];
  const must = (holds: boolean, found: string, cure: string): void => {
    if (!holds) problems.push(fail("store", found, cure));
  };
  must(
    Number.parseInt(version, 10) >= LEAST_VERSION,
    `PostgreSQL ${version} is too old`,
    `Use ${LEAST_VERSION} or newer.`,
  );
  must(!replica, "the server is a replica and takes no writes", "Name the primary in relay.store.");
  must(
    isolation === "read committed",
    `transactions are ${isolation} by default, and grants of credit are refused then`,
    "Run: ALTER DATABASE … SET default_transaction_isolation = 'read committed'",
  );
  must(
    mayCreate,
    schemaExists
      ? `the role may not make tables in ${schema}`
      : `there is no schema ${schema}, and the role may not make it`,
    `Run as its owner: CREATE SCHEMA IF NOT EXISTS ${schema} AUTHORIZATION …`,
  );
  must(
    ownConnection,
    "a pooler shares connections between statements, and the right to collect needs one of its own",
    "Connect to the server itself, or to a pool in session mode.",
  );
  must(
    fsync,
    "the server does not wait for its disk: fsync = off",
    "Set fsync = on, or acknowledged receipts get lost.",
  );
  if (problems.length > 0) return problems;
  const found = `${shown}: PostgreSQL ${version}, answers in ${answerMs.toFixed(1)} ms`;
  if (!encrypted && !isLocal(connectionString)) {
    return [
      warn("store", `${found}, unencrypted`, "Add sslmode=verify-full to the URL: whoever is in between can forge it."),
    ];
  }
  if (answerMs > SLOW_MS) {
    return [warn("store", found, "Put the database nearer: every receipt waits for its answers.")];
  }
  return [ok("store", found)];
}

function isLocal(connectionString: string): boolean {
  const { hostname, searchParams } = new URL(connectionString);
  const host = searchParams.get("host") ?? hostname;
  return host === "" || host === "localhost" || host === "[::1]" || host.startsWith("127.") || host.startsWith("/");
}
