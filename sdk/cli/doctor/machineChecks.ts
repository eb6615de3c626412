import { accessSync, constants, existsSync, mkdirSync, readFileSync, statfsSync, statSync } from "node:fs";
import { isIP } from "node:net";
import { dirname } from "node:path";
import { parseManifest, verifyManifest } from "../../core/index.ts";
import { folderSource, originSource } from "../../relay/index.ts";
import { describeError } from "../describeError.ts";
import type { StreamSetting } from "../settings.ts";
import { addressKind } from "./addressKind.ts";
import { fail, ok, warn } from "./check.ts";
import type { Check } from "./check.ts";

const MIB = 2 ** 20;
const LEAST_FREE = 100 * MIB;
const COMFORTABLE_FREE = 1_024 * MIB;
/** A few dozen viewers, and what the relay itself has open. */
const LEAST_OPEN_FILES = 1_024;
/** 10,000 sessions, some of them over several connections. */
const COMFORTABLE_OPEN_FILES = 16_384;
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

/** Whether as many viewers can be connected as one relay can serve. */
export function openFilesCheck(limit: number | undefined = openFiles()): Check {
  const name = "open files";
  if (limit === undefined) return ok(name, "no limit that this system tells of");
  const found = `at most ${String(limit)}: each viewer needs one to six`;
  const cure = "Raise it: LimitNOFILE=65536 in the service's unit, or ulimit -n 65536 before the start.";
  if (limit < LEAST_OPEN_FILES) return fail(name, found, cure);
  return limit < COMFORTABLE_OPEN_FILES ? warn(name, found, cure) : ok(name, found);
}

/** What this process may open, where the system tells; a relay started in the same way may open as much. */
function openFiles(): number | undefined {
  const limits = "/proc/self/limits";
  if (!existsSync(limits)) return undefined;
  const soft = /^Max open files +([0-9]+)/m.exec(readFileSync(limits, "utf8"))?.[1];
  return soft === undefined ? undefined : Number(soft);
}

/** Whether the relay's own port is where only those who should can speak to it. */
export function listenCheck(hostname: string, isSecure: boolean): Check {
  const name = "listen";
  if (isSecure) return ok(name, `${hostname}, with a certificate`);
  const isLoopback = isIP(hostname) === 0 ? hostname === "localhost" : addressKind(hostname) === "loopback";
  if (isLoopback) return ok(name, `${hostname}, loopback`);
  const cure = "Listen at 127.0.0.1 behind the proxy, or set relay.tlsCertificate and relay.tlsKey.";
  return warn(name, `plain HTTP at ${hostname}, past the proxy, for whoever reaches that address`, cure);
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
