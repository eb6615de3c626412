import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { GasReport, GasRow } from "./measureGas.ts";

const FOLDER = join(import.meta.dirname, "../../snapshots");
const FILES = { gas: join(FOLDER, "gas.json"), bytecode: join(FOLDER, "bytecode.json") } as const;

type Snapshot = Readonly<Record<string, number>>;

/** Records what was measured as what is agreed to. */
export async function writeSnapshots(report: GasReport): Promise<void> {
  const { gas, bytecode } = snapshotsOf(report);
  await writeFile(FILES.gas, `${JSON.stringify(gas, null, 2)}\n`);
  await writeFile(FILES.bytecode, `${JSON.stringify(bytecode, null, 2)}\n`);
}

/** A line for each figure that differs from what was agreed to, in whichever direction. */
export async function snapshotDifferences(report: GasReport): Promise<readonly string[]> {
  const measured = snapshotsOf(report);
  const lines: string[] = [];
  for (const [name, file] of Object.entries(FILES)) {
    const now = measured[name as keyof typeof FILES];
    const agreed = JSON.parse(await readFile(file, "utf8")) as Snapshot;
    for (const key of new Set([...Object.keys(agreed), ...Object.keys(now)])) {
      const [from, to] = [agreed[key], now[key]];
      if (from !== to) lines.push(`${name}: ${key}: ${from ?? "nothing"} agreed, ${to ?? "nothing"} measured`);
    }
  }
  return lines;
}

function snapshotsOf({ code, rows }: GasReport): Readonly<Record<keyof typeof FILES, Snapshot>> {
  return {
    gas: Object.fromEntries(rows.map((row) => [prose(row), row.gas])),
    bytecode: Object.fromEntries(
      Object.entries(code).flatMap(([contract, { creation, runtime }]) => [
        [`${contract}, bytes on chain`, runtime],
        [`${contract}, bytes to create it`, creation],
      ]),
    ),
  };
}

function prose({ n, name }: GasRow): string {
  return n === 1 ? name : `${name}, ${n} channels`;
}
