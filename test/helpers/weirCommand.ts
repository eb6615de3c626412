import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** How a command ended. */
export interface CommandEnd {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a command runs in. */
export interface CommandWorld {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads from standard input; nothing if left out. */
  readonly input?: string;
  /** The program; the sources' if left out. */
  readonly main?: string;
}

/** A command that keeps running. */
export interface RunningCommand {
  /** Resolves to the first line of standard output; rejects with everything it said if it ends before. */
  readonly firstLine: Promise<string>;
  readonly ended: Promise<CommandEnd>;
  readonly signal: (name: "SIGTERM" | "SIGINT" | "SIGKILL") => void;
}

/** Many short processes compile the same files; remembering that halves their time. */
const CACHE = fileURLToPath(new URL("../../node_modules/.cache/weir-cli", import.meta.url));
const MAIN = fileURLToPath(new URL("../../sdk/cli/main.ts", import.meta.url));

/** Starts `weir` as a process of its own, without a terminal. It dies with this process. */
export function startWeir(
  args: readonly string[],
  { cwd, env = {}, input, main = MAIN }: CommandWorld,
): RunningCommand {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("WEIR_"));
  const child = spawn(process.execPath, [main, ...args], {
    cwd,
    env: { ...Object.fromEntries(inherited), NODE_COMPILE_CACHE: CACHE, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const kill = (): void => {
    child.kill("SIGKILL");
  };
  process.once("exit", kill);
  let stdout = "";
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = once(child, "close").then(([status]) => {
    process.removeListener("exit", kill);
    return { status: status as number | null, stdout, stderr };
  });
  const firstLine = new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      const end = stdout.indexOf("\n");
      if (end >= 0) resolve(stdout.slice(0, end));
    });
    void ended.then(({ status }) => {
      reject(new Error(`weir ${args.join(" ")} ended with ${String(status)}: ${stdout}${stderr}`));
    });
  });
  firstLine.catch(() => undefined); // Not everyone waits for it.
  child.stdin.on("error", () => undefined); // It may end without reading.
  child.stdin.end(input ?? "");
  return { firstLine, ended, signal: (name) => child.kill(name) };
}

/** Runs `weir` to its end. */
export async function runWeir(args: readonly string[], world: CommandWorld): Promise<CommandEnd> {
  return startWeir(args, world).ended;
}

/** Runs `weir … --json` and reads its result. @throws Error with what it said, unless it ended with `expected` */
export async function weirJson<Result>(args: readonly string[], world: CommandWorld, expected = 0): Promise<Result> {
  const { status, stderr, stdout } = await runWeir([...args, "--json"], world);
  if (status !== expected) throw new Error(`weir ${args.join(" ")} ended with ${String(status)}: ${stdout}${stderr}`);
  return JSON.parse(stdout) as Result;
}
