import { spawn } from "node:child_process";
import { stripVTControlCharacters } from "node:util";

/** A command of the test suite. It counts as one check, or as many tests as its runner reports. */
export interface Command {
  readonly counts: "check" | "tests";
  readonly command: readonly string[];
}

/** What a part of the test suite came to. */
export interface PartResult {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly seconds: number;
  readonly failedCommands: readonly string[];
}

/** Takes what a part prints. */
export type Print = (text: string) => void;

/** A part that is still running after this is stopped and has failed: something in it hangs. */
const TIME_LIMIT_MS = 20 * 60_000;

/** Runs the commands of a part one after the other, and passes on what they print. */
export async function runPart(name: string, commands: readonly Command[], print: Print): Promise<PartResult> {
  const start = performance.now();
  let passed = 0;
  let failed = 0;
  const failedCommands: string[] = [];
  for (const { counts, command } of commands) {
    print(`\n# ${name}: ${command.slice(0, 8).join(" ")}\n`);
    const { status, output } = await run(command, print);
    const count = counts === "check" ? checkCount(status) : testCount(status, output);
    passed += count.passed;
    failed += count.failed;
    if (count.failed > 0) failedCommands.push(`${command.slice(0, 8).join(" ")} (status ${String(status)})`);
  }
  return { name, passed, failed, seconds: (performance.now() - start) / 1000, failedCommands };
}

interface Count {
  readonly passed: number;
  readonly failed: number;
}

function checkCount(status: number | null): Count {
  return status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/** Reads the closing lines of mocha and of Hardhat. A runner that failed without saying so counts as one failure. */
function testCount(status: number | null, output: string): Count {
  const last = (word: string): number =>
    Number(
      output
        .match(new RegExp(`^ *(\\d+) ${word}\\b`, "gm"))
        ?.at(-1)
        ?.match(/\d+/)?.[0] ?? 0,
    );
  const passed = last("passing");
  const failed = last("failing") + last("pending") + last("skipped");
  const endedWell = status === 0 && passed > 0;
  return { passed, failed: failed === 0 && !endedWell ? 1 : failed };
}

async function run(command: readonly string[], print: Print): Promise<{ status: number | null; output: string }> {
  const [program, ...args] = command as [string, ...string[]];
  const color = process.stdout.isTTY ? { FORCE_COLOR: "1" } : {};
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...color },
    timeout: TIME_LIMIT_MS,
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    print(text);
    output += text;
  });
  child.stderr.setEncoding("utf8").on("data", print);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  return { status, output: stripVTControlCharacters(output) };
}
