import { accessSync, constants, mkdirSync, statfsSync } from "node:fs";
import type { Config } from "../loadConfig.ts";
import { describeError } from "../describeError.ts";
import { fail, ok, warn } from "./check.ts";
import type { Check } from "./check.ts";

const MIB = 2 ** 20;

/** Whether segments of streams from other machines can be kept; nothing to check where all streams are folders. */
export function cacheChecks(config: Config): Check[] {
  const name = "cache";
  const remote = config.streams.find(({ source }) => /^https?:/i.test(source));
  const folder = config.get("relay.cacheFolder");
  if (folder === undefined) {
    if (remote === undefined) return [];
    const cure = "Set relay.cacheFolder: what is on disk is served when the origin is down, also after a restart.";
    return [warn(name, `segments of ${remote.path} are kept in memory alone`, cure)];
  }
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const cure = "Correct relay.cacheFolder, or let the relay's user read and write there.";
    return [fail(name, `${folder}: ${describeError(error).message}`, cure)];
  }
  const { bavail, blocks, bsize } = statfsSync(folder);
  const size = config.require("relay.cacheSize");
  const found = `${folder} may take ${inMib(size)} MiB, the disk has ${inMib(bavail * bsize)} MiB free of ${inMib(blocks * bsize)}`;
  // What is in it already counts as used: only a size beyond the whole disk is wrong for sure.
  if (size <= blocks * bsize) return [ok(name, found)];
  return [warn(name, found, "Lower relay.cacheSize below the size of the disk: receipts need room as well.")];
}

function inMib(bytes: number): string {
  return String(Math.floor(bytes / MIB));
}
