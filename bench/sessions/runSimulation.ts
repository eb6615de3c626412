import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Simulation, SimulationOptions } from "./simulateHours.ts";

const MAIN = fileURLToPath(new URL("./simulationMain.ts", import.meta.url));

/**
 * Bytes by which the heap may be larger after any number of hours: what the engine itself keeps of code that runs often. A
 * session that left half a kilobyte behind would exceed it after 4,000 of them.
 */
export const MOST_GROWTH = 2 * 2 ** 20;

/** Simulates hours in a process of its own, whose heap is nobody else's. */
export async function runSimulation(options: Omit<SimulationOptions, "secp256k1">): Promise<Simulation> {
  const args = ["--expose-gc", MAIN, JSON.stringify(options)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as Simulation;
}
