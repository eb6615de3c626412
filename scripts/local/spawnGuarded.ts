import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams, SpawnOptions } from "node:child_process";

/**
 * Runs the command in its arguments until standard input ends. A process that is killed cannot stop what it started, but
 * its pipes are closed for it: so the command dies with whoever started it, however that one ends.
 */
const GUARD = `
exec 3<&0
"$@" <&- &
command=$!
{ read -r _ <&3; kill -9 "$command"; } &
guard=$!
exec 3<&-
wait "$command"
status=$?
kill "$guard" 2>/dev/null
exit "$status"`;

/** Starts a command that dies with this process, or when its standard input is ended. */
export function spawnGuarded(
  command: readonly string[],
  options: Pick<SpawnOptions, "uid" | "gid" | "cwd"> = {},
): ChildProcessWithoutNullStreams {
  return spawn("sh", ["-c", GUARD, "sh", ...command], { ...options, stdio: "pipe" });
}
