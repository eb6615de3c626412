import { relative, resolve } from "node:path";
import { backupSqlite } from "../../relay/store/sqliteBackup.ts";
import { CliError } from "../cliError.ts";
import type { CommandSpec } from "../commandSpec.ts";
import { storePlace, storeSettings } from "../storePlace.ts";

/** `weir backup` */
export const backup: CommandSpec = {
  description:
    "Copies everything that the relay remembers, as it was at one moment, checks the copy page by page and only then gives it " +
    "its name; the relay goes on meanwhile. The file holds secrets of the relay and says what was watched: it is for its owner " +
    "alone, and so should be wherever it is taken. A backup lacks the receipts that came after it; viewers bring their " +
    "highest along when they come back. For PostgreSQL it says how to use pg_dump instead.",
  settings: storeSettings,
  examples: [["weir backup /var/backups/weir.sqlite", "every hour, by a timer"]],
  async run(context) {
    const place = storePlace(context);
    if (place.type === "postgres") {
      const line = `pg_dump --format=custom --schema=${place.schema} --file=weir.dump '${place.shown.split(",", 1)[0] ?? ""}'`;
      throw new CliError("usage", "weir backup copies SQLite files, and relay.store is PostgreSQL", `Run: ${line}`);
    }
    const target = resolve(context.cwd, context.args[0] ?? "");
    const { channels, receipts } = await backupSqlite(place.file, target);
    return {
      json: { file: target, channels, receipts },
      lines: [`${receipts} receipts of ${channels} channels are in ${relative(context.cwd, target)}`],
    };
  },
};
