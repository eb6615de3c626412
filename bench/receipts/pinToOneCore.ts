import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * Keeps all threads of this process, and those it starts later, on the first core that it may use.
 *
 * @returns the core's number, or `undefined` where there is no `taskset` (anything but Linux)
 */
export function pinToOneCore(): number | undefined {
  if (process.platform !== "linux") return undefined;
  const allowed = /^Cpus_allowed_list:\s*([0-9]+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  if (allowed === undefined) return undefined;
  const { status } = spawnSync("taskset", ["--all-tasks", "--cpu-list", "--pid", allowed, String(process.pid)]);
  return status === 0 ? Number(allowed) : undefined;
}
