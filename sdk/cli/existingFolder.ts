import { statSync } from "node:fs";
import { resolve } from "node:path";
import { CliError } from "./cliError.ts";

/** A folder that was typed. @throws CliError `usage` if there is none */
export function existingFolder(cwd: string, typed: string): string {
  const path = resolve(cwd, typed);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return path;
  throw new CliError("usage", `there is no folder ${typed}`, "Check the path.");
}
