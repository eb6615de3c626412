import { existsSync } from "node:fs";
import { relative, resolve } from "node:path";
import { restoreSqlite } from "../../relay/store/sqliteBackup.ts";
import { CliError } from "../cliError.ts";
import type { CommandSpec } from "../commandSpec.ts";
import { storePlace, storeSettings } from "../storePlace.ts";

/** `weir restore` */
export const restore: CommandSpec = {
  description:
    "Checks the backup, and puts it where relay.database says. Refuses while a relay runs, and over a database that is there " +
    "unless --force is given: then that one is kept beside it. A backup is of an earlier moment. What was settled since is " +
    "seen on the chain and never settled twice. Receipts that came in since are missing until their viewers open a session " +
    "again: they bring the highest receipt that they hold, and it is checked and taken. What a viewer who never comes back " +
    "signed since, and was not settled, is lost.",
  settings: storeSettings,
  options: [{ flag: "force", about: "replace a database that is there; it is kept beside it" }],
  examples: [["weir restore /var/backups/weir.sqlite", "after the disk failed, before weir relay start"]],
  async run(context) {
    const { args, cwd, isOn } = context;
    const place = storePlace(context);
    if (place.type === "postgres") {
      const cure = `Run: pg_restore --dbname='${place.shown.split(",", 1)[0] ?? ""}' weir.dump`;
      throw new CliError("usage", "weir restore is for SQLite files, and relay.store is PostgreSQL", cure);
    }
    const { file } = place;
    const isThere = existsSync(file);
    if (isThere && !isOn("force")) {
      const cure = "Add --force to replace it: it is kept beside the new one, with the time in its name.";
      throw new CliError("failed", `there is a database already: ${place.shown}`, cure);
    }
    const time = new Date().toISOString().replaceAll(/[:.]/g, "-");
    const aside = isThere ? `${file}.before-${time}` : undefined;
    const { channels, receipts } = await restoreSqlite(resolve(cwd, args[0] ?? ""), file, aside);
    const kept = aside === undefined ? "" : `; what was there is ${relative(cwd, aside)}`;
    return {
      json: { file, channels, receipts, before: aside ?? null },
      lines: [`${receipts} receipts of ${channels} channels are restored to ${place.shown}${kept}`],
    };
  },
};
