import { availableParallelism } from "node:os";
import { runPart } from "./runPart.ts";
import type { Command, PartResult } from "./runPart.ts";

/** A part of the test suite: its name and what it runs. */
export interface Part {
  readonly name: string;
  readonly commands: readonly Command[];
}

/** The compiler of the contracts' parts keeps one core busy for minutes: another part has the second one meanwhile. */
const LANES = Math.min(2, availableParallelism());

/**
 * Runs parts side by side, taking them in their order, and resolves to what they came to, in that order. What a part
 * prints comes in one piece when it ends; that of a part alone as it comes.
 */
export async function runParts(parts: readonly Part[]): Promise<readonly PartResult[]> {
  const results: PartResult[] = [];
  const left = [...parts.entries()];
  const alone = parts.length === 1;
  const lane = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [i, { name, commands }] = next;
      let output = "";
      if (!alone) console.log(`started ${name}`);
      results[i] = await runPart(name, commands, (text) => {
        if (alone) process.stdout.write(text);
        else output += text;
      });
      process.stdout.write(output);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return results;
}
