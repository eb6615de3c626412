import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import { postgresRecords } from "../relay/store/postgresRecords.ts";
import { postgresStore } from "../relay/store/postgresStore.ts";
import { sqliteRecords } from "../relay/store/sqliteRecords.ts";
import { sqliteStore } from "../relay/store/sqliteStore.ts";
import type { RelayRecords, RelayStore } from "../relay/index.ts";
import { CliError } from "./cliError.ts";
import type { CommandContext } from "./commandSpec.ts";
import { expectations, isPostgresUrl, settings } from "./settings.ts";
import type { SettingKey } from "./settings.ts";

/** Settings of everything that looks at what a relay remembers. */
export const storeSettings = [
  "relay.database",
  "relay.store",
  "relay.storeFile",
  "relay.storeSchema",
] as const satisfies readonly SettingKey[];

/** Where a relay keeps what it remembers, by the settings. */
export type StorePlace = {
  /** For people: never with a password. */
  readonly shown: string;
  readonly openStore: () => RelayStore;
  /** For whoever looks beside the relay. Not started yet. */
  readonly openRecords: () => RelayRecords;
} & (
  | { readonly type: "sqlite"; readonly file: string }
  | { readonly type: "postgres"; readonly connectionString: string; readonly schema: string }
);

/**
 * The store that the settings name. From then on its password is never written.
 *
 * @throws CliError `configuration`, or `usage` for a password on the command line
 */
export function storePlace(context: CommandContext): StorePlace {
  const { config, cwd, output } = context;
  const connectionString = postgresUrl(context);
  if (connectionString === undefined) {
    const file = config.require("relay.database");
    return {
      type: "sqlite",
      file,
      shown: relative(cwd, file) || file,
      openStore() {
        mkdirSync(dirname(file), { recursive: true });
        return sqliteStore(file);
      },
      openRecords: () => sqliteRecords(file),
    };
  }
  const schema = config.require("relay.storeSchema");
  const shown = withoutPassword(connectionString);
  output.hide(connectionString, shown);
  return {
    type: "postgres",
    connectionString,
    schema,
    shown: `${shown}, schema ${schema}`,
    openStore: () => postgresStore({ connectionString, schema }),
    openRecords: () => postgresRecords({ connectionString, schema }),
  };
}

/** Does something with the records that the settings name. */
export async function withRecords<Result>(
  context: CommandContext,
  work: (records: RelayRecords, place: StorePlace) => Promise<Result>,
): Promise<Result> {
  const place = storePlace(context);
  if (place.type === "sqlite" && !existsSync(place.file)) {
    const cure = `Correct relay.database (${context.config.sourceOf("relay.database")}); weir relay start makes it.`;
    throw new CliError("configuration", `there is no database ${place.shown}`, cure);
  }
  const records = place.openRecords();
  await records.start();
  try {
    return await work(records, place);
  } finally {
    await records.stop();
  }
}

/** A URL of PostgreSQL as it may be shown. */
export function withoutPassword(connectionString: string): string {
  const url = new URL(connectionString);
  url.password = "";
  url.searchParams.delete("password");
  return url.href;
}

function postgresUrl({ config, cwd }: CommandContext): string | undefined {
  const url = config.get("relay.store");
  const file = config.get("relay.storeFile");
  if (url !== undefined && file !== undefined) {
    const cure = `Remove one of them: ${config.sourceOf("relay.store")} and ${config.sourceOf("relay.storeFile")}.`;
    throw new CliError("configuration", "relay.store and relay.storeFile are both set", cure);
  }
  if (url !== undefined) {
    const flag = `--${settings["relay.store"].flag}`;
    if (config.sourceOf("relay.store") === flag && withoutPassword(url) !== new URL(url).href) {
      const cure = "Put the URL into WEIR_RELAY_STORE, or into a file that relay.storeFile names.";
      throw new CliError("usage", `${flag} carries a password, which everybody on this machine can read`, cure);
    }
    return url;
  }
  return file === undefined ? undefined : readUrl(file, relative(cwd, file) || file);
}

function readUrl(file: string, shown: string): string {
  let line: string;
  try {
    line = (readFileSync(file, "utf8").split("\n", 1)[0] ?? "").trim();
  } catch (cause) {
    const cure = "Correct relay.storeFile, or let the relay's user read the file.";
    throw new CliError("configuration", `the file ${shown} cannot be read`, cure, cause);
  }
  if (isPostgresUrl(line)) return line;
  const cure = "Correct that line, which is not shown because it can hold a password.";
  throw new CliError("configuration", `the first line of ${shown} must be ${expectations["relay.store"]}`, cure);
}
