import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const TICKS_PER_SECOND = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

/** Seconds of processor time that processes have used so far, with all their threads (Linux). */
export function processorTime(processes: readonly number[]): number {
  return processes.reduce((sum, id) => sum + ticksOf(id), 0) / TICKS_PER_SECOND;
}

function ticksOf(id: number): number {
  const stat = readFileSync(`/proc/${id}/stat`, "utf8");
  // The name of the program is in parentheses and may hold anything; utime and stime are fields 14 and 15 (proc(5)).
  const [userTicks, systemTicks] = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 13);
  return Number(userTicks) + Number(systemTicks);
}
