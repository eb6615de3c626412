import type { PostgresClient, PostgresPool } from "./postgresConnection.ts";
import { assertCurrent, assertNotNewer } from "./schemaVersion.ts";

/**
 * Every version of the schema: what to run in the schema of this name to get there from the one before. Only ever
 * appended to. The log of receipts is laid out as in SQLite: each names the one of its channel before it, 0 for the first.
 */
const MIGRATIONS: readonly ((schema: string) => string)[] = [
  (schema) => `
  CREATE TABLE ${schema}.channels (
    id bytea PRIMARY KEY,
    version bigint NOT NULL,
    -- Names the write that made this version, so that one that is asked for again is known.
    mark uuid NOT NULL,
    state text NOT NULL,
    signer bytea NOT NULL,
    session boolean NOT NULL,
    transfers boolean NOT NULL,
    taken numeric NOT NULL,
    taken_until bigint NOT NULL,
    funded boolean NOT NULL,
    collectable boolean NOT NULL,
    collecting boolean NOT NULL,
    written_at bigint NOT NULL,
    last_receipt bigint NOT NULL
  ) WITH (fillfactor = 70);
  CREATE INDEX channels_signer ON ${schema}.channels (signer);
  CREATE INDEX channels_session ON ${schema}.channels (id) WHERE session;
  CREATE INDEX channels_transfers ON ${schema}.channels (id) WHERE transfers;
  CREATE INDEX channels_unfunded ON ${schema}.channels (id) WHERE NOT funded;
  CREATE INDEX channels_collectable ON ${schema}.channels (id) WHERE collectable;
  CREATE INDEX channels_collecting ON ${schema}.channels (id) WHERE collecting;
  CREATE TABLE ${schema}.receipts (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    previous bigint NOT NULL,
    step bytea NOT NULL
  );
  CREATE TABLE ${schema}.challenges (id text PRIMARY KEY, expires bigint NOT NULL, mark uuid NOT NULL);
  CREATE INDEX challenges_expires ON ${schema}.challenges (expires);
  CREATE TABLE ${schema}.secrets (name text PRIMARY KEY, value bytea NOT NULL);
  CREATE TABLE ${schema}.highest (name text PRIMARY KEY, value numeric NOT NULL);
  CREATE TABLE ${schema}.transactions (
    nonce bigint PRIMARY KEY,
    hashes text NOT NULL,
    raw text NOT NULL,
    channels text NOT NULL,
    sent_at bigint NOT NULL
  );

  CREATE FUNCTION ${schema}.credit_taken(
    of_id bytea, of_signer bytea, at bigint,
    OUT signer_taken numeric, OUT unfunded_taken numeric, OUT signer_sessions bigint
  ) LANGUAGE sql STABLE AS $$
    SELECT
      COALESCE((SELECT SUM(taken) FROM ${schema}.channels WHERE signer = of_signer AND id <> of_id AND taken_until > at), 0),
      COALESCE((SELECT SUM(taken) FROM ${schema}.channels WHERE NOT funded AND id <> of_id AND taken_until > at), 0),
      (SELECT COUNT(*) FROM ${schema}.channels WHERE signer = of_signer AND id <> of_id AND session)
  $$;

  CREATE FUNCTION ${schema}.write_channel(
    at_id bytea, at_version bigint, before_state text, new_mark uuid, new_state text, new_signer bytea,
    new_session boolean, new_transfers boolean, new_taken numeric, new_taken_until bigint,
    new_funded boolean, new_collectable boolean, new_collecting boolean, at bigint,
    log bytea[], bounds numeric[], wait_for_disk text
  ) RETURNS boolean LANGUAGE plpgsql AS $$
  DECLARE
    known record;
    held record;
    entry bytea;
    last bigint;
  BEGIN
    PERFORM set_config('synchronous_commit', wait_for_disk, true);
    IF bounds IS NOT NULL THEN
      -- Grants go one at a time, and each must see the one before: the sums are of many rows, so no row's lock will do.
      IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'the bounds of credit need the isolation level read committed';
      END IF;
      PERFORM pg_advisory_xact_lock(hashtextextended('weir ${schema} grants', 0));
    END IF;
    SELECT version, mark, state, last_receipt INTO known FROM ${schema}.channels WHERE id = at_id FOR UPDATE;
    IF known.version = at_version + 1 AND known.mark = new_mark THEN RETURN true; END IF;
    IF COALESCE(known.version, 0) <> at_version OR known.state <> before_state THEN RETURN false; END IF;
    IF bounds IS NOT NULL THEN
      SELECT * INTO held FROM ${schema}.credit_taken(at_id, new_signer, at);
      IF held.signer_taken > bounds[1] OR held.unfunded_taken > bounds[2] OR held.signer_sessions > bounds[3] THEN
        RETURN false;
      END IF;
    END IF;
    last := COALESCE(known.last_receipt, 0);
    IF at_version = 0 THEN
      INSERT INTO ${schema}.channels VALUES (
        at_id, 1, new_mark, new_state, new_signer, new_session, new_transfers, new_taken, new_taken_until,
        new_funded, new_collectable, new_collecting, at, last
      ) ON CONFLICT (id) DO NOTHING;
      IF NOT FOUND THEN
        RETURN EXISTS (SELECT FROM ${schema}.channels WHERE id = at_id AND version = 1 AND mark = new_mark);
      END IF;
      IF cardinality(log) = 0 THEN RETURN true; END IF;
    END IF;
    FOREACH entry IN ARRAY log LOOP
      INSERT INTO ${schema}.receipts (previous, step) VALUES (last, entry) RETURNING number INTO last;
    END LOOP;
    UPDATE ${schema}.channels SET
      version = at_version + 1, mark = new_mark, state = new_state, session = new_session, transfers = new_transfers,
      taken = new_taken, taken_until = new_taken_until, funded = new_funded, collectable = new_collectable,
      collecting = new_collecting, written_at = at, last_receipt = last
    WHERE id = at_id;
    RETURN true;
  END
  $$;

  CREATE FUNCTION ${schema}.use_challenge(of_id text, of_expires bigint, of_mark uuid, at bigint)
  RETURNS boolean LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM set_config('synchronous_commit', 'on', true);
    -- An hour later than it may be: the clocks of the processes differ, and whose is ahead must not forget for the others.
    DELETE FROM ${schema}.challenges WHERE id IN (
      SELECT id FROM ${schema}.challenges WHERE expires < at - 3600 ORDER BY expires LIMIT 10 FOR UPDATE SKIP LOCKED
    );
    INSERT INTO ${schema}.challenges AS known VALUES (of_id, of_expires, of_mark)
    ON CONFLICT (id) DO UPDATE SET expires = of_expires, mark = of_mark WHERE known.expires < at OR known.mark = of_mark;
    RETURN FOUND;
  END
  $$;
  `,
  (schema) => `
  ALTER TABLE ${schema}.transactions ADD COLUMN facts text NOT NULL DEFAULT '{}';
  CREATE TABLE ${schema}.collections (
    nonce bigint PRIMARY KEY,
    hash text,
    reason text NOT NULL,
    block bigint NOT NULL,
    mined_at bigint NOT NULL,
    gas_used numeric NOT NULL,
    gas_price numeric NOT NULL,
    cost numeric NOT NULL,
    value numeric NOT NULL,
    funds integer NOT NULL,
    settles integer NOT NULL,
    closes integer NOT NULL,
    alone numeric NOT NULL
  );
  CREATE TABLE ${schema}.collected (channel bytea NOT NULL, nonce bigint NOT NULL, PRIMARY KEY (channel, nonce));
  CREATE TABLE ${schema}.denied (signer bytea PRIMARY KEY, note text NOT NULL, at bigint NOT NULL);
  CREATE TABLE ${schema}.orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, type text NOT NULL, channel bytea, at bigint NOT NULL
  );
  `,
];

/**
 * Brings a schema to the newest version. Of several processes that start at once one does it, and the others wait for it.
 *
 * @param client is in a transaction when this throws: destroy it then
 * @throws WeirError `storage-failed` if a newer program wrote it
 */
export async function migrate(client: PostgresClient, schema: string): Promise<void> {
  await client.query({ text: "BEGIN ISOLATION LEVEL READ COMMITTED" });
  await client.query({
    text: "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
    values: [`weir ${schema} migrations`],
  });
  // Making what exists takes a privilege on the database that whoever was given a schema may not have.
  const { rows: found } = await client.query({ text: "SELECT to_regnamespace($1) AS schema", values: [schema] });
  if (found[0]?.["schema"] === null) await client.query({ text: `CREATE SCHEMA ${schema}` });
  await client.query({
    text: `CREATE TABLE IF NOT EXISTS ${schema}.migrations (version integer PRIMARY KEY, applied_at timestamptz NOT NULL)`,
  });
  const applied = await appliedVersion(client, schema);
  assertNotNewer(applied, MIGRATIONS.length);
  for (const [i, sql] of MIGRATIONS.entries()) {
    if (i < applied) continue;
    await client.query({ text: sql(schema) });
    await client.query({ text: `INSERT INTO ${schema}.migrations VALUES ($1, now())`, values: [i + 1] });
  }
  await client.query({ text: "COMMIT" });
}

/**
 * Makes sure that a schema has the newest version, and changes nothing.
 *
 * @throws WeirError `storage-failed` if another version of this software wrote it, or none did
 */
export async function assertNewest(pool: PostgresPool, schema: string): Promise<void> {
  const { rows } = await pool.query({ text: "SELECT to_regclass($1) AS found", values: [`${schema}.migrations`] });
  assertCurrent(rows[0]?.["found"] === null ? 0 : await appliedVersion(pool, schema), MIGRATIONS.length);
}

async function appliedVersion(connection: Pick<PostgresPool, "query">, schema: string): Promise<number> {
  const { rows } = await connection.query({
    text: `SELECT COALESCE(MAX(version), 0) AS version FROM ${schema}.migrations`,
  });
  return Number(rows[0]?.["version"]);
}
