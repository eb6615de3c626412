import { accessSync, constants, existsSync, mkdirSync, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { parseManifest, verifyManifest } from "../../core/index.ts";
import { folderSource, originSource } from "../../relay/index.ts";
import { describeError } from "../describeError.ts";
import type { StreamSetting } from "../settings.ts";
import { fail, ok, warn } from "./check.ts";
import type { Check } from "./check.ts";

const MIB = 2 ** 20;
const LEAST_FREE = 100 * MIB;
const COMFORTABLE_FREE = 1_024 * MIB;
const MAX_MANIFEST_BYTES = 8 * MIB;

/** Whether the database can be written, and for how long. */
export function diskCheck(database: string): Check {
  const name = "disk";
  const folder = dirname(database);
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.R_OK | constants.W_OK);
    if (existsSync(database)) accessSync(database, constants.R_OK | constants.W_OK);
  } catch (error) {
    const cure = "Correct relay.database, or let the relay's user read and write there, the folder included.";
    return fail(name, `${database}: ${describeError(error).message}`, cure);
  }
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const found = `${folder} is writable, ${Math.floor(free / MIB)} MiB are free`;
  const cure = "Make room: a receipt that cannot be written is not acknowledged, and viewers leave.";
  if (free < LEAST_FREE) return fail(name, found, cure);
  return free < COMFORTABLE_FREE ? warn(name, found, cure) : ok(name, found);
}

/** Whether others on the machine can read a secret file. */
export function secrecyCheck(name: string, file: string): Check {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return fail(name, `${file} is not there`, "Check the path, or run: weir relay init");
  const others = stat.mode & 0o077;
  if (others === 0) return ok(name, `${file} is its owner's alone`);
  return warn(name, `${file} can be used by others on this machine`, `Run: chmod 600 ${file}`);
}

/** Whether a stream has a manifest that its publisher signed. */
export async function streamCheck({
  manifest = "weir.json",
  name,
  path,
  publisher,
  source,
}: StreamSetting): Promise<Check> {
  const label = `stream ${path}`;
  try {
    const files = /^https?:/i.test(source) ? originSource(source) : folderSource(source);
    const bytes = await files.read(manifest, { maxBytes: MAX_MANIFEST_BYTES });
    const parsed = parseManifest(new TextDecoder().decode(bytes));
    const now = BigInt(Math.floor(Date.now() / 1_000));
    verifyManifest(parsed, { publisher, now, ...(name === undefined ? {} : { name }) });
    return ok(label, `${parsed.leaves.length} resources, signed by ${publisher}`);
  } catch (error) {
    const { code, cure, message } = describeError(error);
    const known = code === "not-found" ? `Publish it: weir publish ${source}` : cure;
    return fail(label, `${source}: ${message}`, known);
  }
}
