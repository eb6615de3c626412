import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { mnemonicToAccount } from "viem/accounts";
import type { HDAccount } from "viem/accounts";
import { spawnGuarded } from "./spawnGuarded.ts";

/** What can be chosen about a local node. Everything else is anvil's default. */
export interface AnvilOptions {
  /** Default 31337. */
  readonly chainId?: number;
  /** EVM rules, such as `prague` or `istanbul`. Default: anvil's newest. */
  readonly hardfork?: string;
  /** Seconds between blocks. Default: one block for each transaction, at once. */
  readonly blockTime?: number;
  /** Time of the first block, in Unix seconds. Default: now. */
  readonly timestamp?: number;
  /** Number of funded accounts, see `anvilAccount`. Default 10. */
  readonly accounts?: number;
}

/** A running node. */
export interface Anvil {
  /** JSON-RPC over HTTP, on loopback. */
  readonly url: string;
  readonly chainId: number;
  /** Ends the node and waits until it is gone. Safe to call twice. */
  stop(): Promise<void>;
}

/** The accounts of this phrase hold 10,000 ether each on every anvil. It is public: never use it elsewhere. */
const MNEMONIC = "test test test test test test test test test test test junk";

const START_TIMEOUT_MS = 30_000;

/**
 * Starts a real anvil on a free loopback port. The node dies with this process, even if `stop` is never called.
 *
 * @throws Error with the node's own output if it does not come up
 */
export async function startAnvil(options: AnvilOptions = {}): Promise<Anvil> {
  const { chainId = 31_337, hardfork, blockTime, timestamp, accounts = 10 } = options;
  // Port 0 lets the kernel choose, so that nodes started at the same time never collide.
  const args = ["--host", "127.0.0.1", "--port", "0", "--chain-id", String(chainId), "--accounts", String(accounts)];
  args.push("--mnemonic", MNEMONIC);
  if (hardfork !== undefined) args.push("--hardfork", hardfork);
  if (timestamp !== undefined) args.push("--timestamp", String(timestamp));
  if (blockTime !== undefined) args.push("--block-time", String(blockTime));

  const child = spawnGuarded([anvilBinary(), ...args]);
  const exited = new Promise<void>((resolve) => {
    child.once("exit", () => {
      resolve();
    });
  });

  try {
    const port = await listeningPort(child);
    return {
      url: `http://127.0.0.1:${String(port)}`,
      chainId,
      async stop() {
        child.stdin.end();
        await exited;
      },
    };
  } catch (error) {
    child.stdin.end();
    throw error;
  }
}

/** The funded account `index` of every node that `startAnvil` starts. */
export function anvilAccount(index: number): HDAccount {
  return mnemonicToAccount(MNEMONIC, { addressIndex: index });
}

/** The binary itself: the package's wrapper script would stand between us and the node, and survive a kill. */
function anvilBinary(): string {
  const require = createRequire(import.meta.url);
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  const wrapper = createRequire(require.resolve("@foundry-rs/anvil/package.json"));
  const manifest = wrapper.resolve(`@foundry-rs/anvil-${process.platform}-${architecture}/package.json`);
  return join(dirname(manifest), "bin", "anvil");
}

/** Waits for the line that names the port. After it, output is read and dropped, or the node would block on a full pipe. */
async function listeningPort(child: ChildProcessWithoutNullStreams): Promise<number> {
  const { stdout, stderr } = child;
  const output: string[] = [];
  const lines = createInterface({ input: stdout });
  stderr.on("data", (chunk: Buffer) => output.push(chunk.toString()));
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void => {
      clearTimeout(timer);
      reject(new Error(`anvil did not start: ${reason}\n${output.join("\n")}`));
    };
    const timer = setTimeout(() => {
      fail("no answer in time");
    }, START_TIMEOUT_MS);
    child.once("error", (error) => {
      fail(error.message);
    });
    child.once("exit", (code) => {
      fail(`exit code ${String(code)}`);
    });
    const onLine = (line: string): void => {
      output.push(line);
      const port = /^Listening on 127\.0\.0\.1:(\d+)$/.exec(line)?.[1];
      if (port === undefined) return;
      clearTimeout(timer);
      lines.removeListener("line", onLine);
      resolve(Number(port));
    };
    lines.on("line", onLine);
  });
}
