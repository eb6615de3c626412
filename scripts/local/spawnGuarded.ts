import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams, SpawnOptions } from "node:child_process";

/**
 * Runs the command in its arguments until standard input ends. A process that is killed cannot stop what it started, but
 * its pipes are closed for it: so the command dies with whoever started it, however that one ends.
 */
const GUARD = `
exec 3<&0
signal=$1
shift
"$@" <&- &
command=$!
{ read -r _ <&3; kill -s "$signal" "$command"; } &
guard=$!
exec 3<&-
wait "$command"
status=$?
kill "$guard" 2>/dev/null
exit "$status"`;

/** How a command is run and ended. */
export interface GuardOptions extends Pick<SpawnOptions, "uid" | "gid" | "cwd"> {
  /** What ends it: `TERM` for a command that has to end processes of its own; `KILL` if left out. */
  readonly signal?: "KILL" | "TERM";
}

/** Starts a command that dies with this process, or when its standard input is ended. */
export function spawnGuarded(
  command: readonly string[],
  { signal = "KILL", ...options }: GuardOptions = {},
): ChildProcessWithoutNullStreams {
  return spawn("sh", ["-c", GUARD, "sh", signal, ...command], { ...options, stdio: "pipe" });
}
