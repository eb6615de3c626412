import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { spawnGuarded } from "../local/spawnGuarded.ts";
import { firstMissing, FIRST_TERMINAL } from "./readGuide.ts";
import type { GuideStep } from "./readGuide.ts";

/** Where a page is followed. */
export interface GuideWorld {
  /** Where every terminal begins: a clone. */
  readonly folder: string;
  /** Where the first terminal's directory and variables are kept between two blocks. */
  readonly memory: string;
  /** What comes before the shell, such as a namespace. */
  readonly prefix: readonly string[];
  /** Variables beside those of this process. */
  readonly env: Readonly<Record<string, string>>;
}

interface Terminal {
  readonly child: ChildProcessWithoutNullStreams;
  output: string;
  /** Set once its command has ended. */
  status?: number | null;
}

const STEP_MS = 120_000;

/** Follows a page, one step after the other, as a reader with several terminals does. */
export async function runGuide(steps: readonly GuideStep[], world: GuideWorld): Promise<void> {
  const running = new Map<string, Terminal>();
  try {
    for (const step of steps) await followStep(step, world, running);
  } finally {
    for (const { child } of running.values()) child.stdin.end();
  }
}

async function followStep(step: GuideStep, world: GuideWorld, running: Map<string, Terminal>): Promise<void> {
  const { commands, expected, line, terminal: name } = step;
  const isFirst = name === FIRST_TERMINAL;
  let terminal = running.get(name);
  let from = 0;
  if (commands === undefined) {
    if (terminal === undefined) throw new Error(`line ${line}: nothing runs in the terminal ${name}`);
    from = terminal.output.length;
    interrupt(terminal);
  } else {
    terminal = openTerminal(isFirst ? remembering(commands, world.memory) : commands, world);
    running.set(name, terminal);
  }
  const end = performance.now() + STEP_MS;
  const isOver = isFirst || commands === undefined;
  for (;;) {
    const { output, status } = terminal;
    const missing = firstMissing(output.slice(from), expected);
    const fail = (reason: string): Error => new Error(`line ${line} of the page: ${reason}\n\n${output.slice(from)}`);
    if (isOver && status !== undefined) {
      if (status !== 0) throw fail(`ended with ${String(status)}`);
      if (missing !== undefined) throw fail(`did not say: ${missing}`);
      return;
    }
    if (!isOver && status !== undefined) throw fail(`ended with ${String(status)}, and should have kept running`);
    if (!isOver && missing === undefined) return;
    if (performance.now() > end) throw fail(missing === undefined ? "did not end" : `did not say: ${missing}`);
    await sleep(20);
  }
}

/** A shell in a process namespace of its own, so that nothing that it started outlives it. */
function openTerminal(commands: string, { env, folder, prefix }: GuideWorld): Terminal {
  const alone = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const variables = ["env", ...Object.entries(env).map(([name, value]) => `${name}=${value}`)];
  const child = spawnGuarded([...prefix, ...alone, ...variables, "bash", "-euo", "pipefail", "-c", commands], {
    cwd: folder,
  });
  const terminal: Terminal = { child, output: "" };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (terminal.output += text));
  }
  child.on("close", (status) => (terminal.status = status));
  return terminal;
}

/** Commands that begin in the directory and with the variables that the last ones ended with. */
function remembering(commands: string, memory: string): string {
  return `set -a; [ ! -f '${memory}' ] || . '${memory}'\n${commands}\n{ export -p; printf 'cd %q\\n' "$PWD"; } >'${memory}'`;
}

/** What Ctrl-C does: SIGINT for the command in the foreground. */
function interrupt({ child: { pid } }: Terminal): void {
  for (const leaf of pid === undefined ? [] : leavesOf(pid)) process.kill(leaf, "SIGINT");
}

function leavesOf(pid: number): number[] {
  const children = readFileSync(join("/proc", String(pid), "task", String(pid), "children"), "utf8").split(" ");
  const below = children.filter((text) => text.trim() !== "").map(Number);
  return below.length === 0 ? [pid] : below.flatMap(leavesOf);
}
