import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Address, Deployment, Hex } from "../../sdk/core/index.ts";

/** What a relay in a process of its own needs to know. Amounts are decimal strings, because processes exchange JSON. */
export interface RelayProcessConfig {
  readonly deployment: Deployment;
  readonly rpcUrl: string;
  /** The payee's key; it signs deliveries and sends transactions as well. */
  readonly privateKey: Hex;
  readonly pricePerGiB: string;
  readonly tokenPerEther: string;
  /** Bytes of starting credit. */
  readonly baseCredit: string;
  readonly publisher: Address;
  /** URL path of the stream, and the folder it is in. */
  readonly path: string;
  readonly folder: string;
  /** The SQLite file, or the URL of a PostgreSQL database. */
  readonly store: string;
  /** Where viewers reach it, if not at its own port. */
  readonly publicUrl?: string;
  /** 0 for any free port. */
  readonly port: number;
}

/** A relay that runs in another process and can be killed. */
export interface RelayProcess {
  readonly url: string;
  /** Of the process. */
  readonly pid: number;
  /** False once it was killed, by whomever. */
  readonly isRunning: () => boolean;
  /** Whether it is the one that collects, of all on its store. */
  readonly collects: () => Promise<boolean>;
  /** Ends it with SIGKILL and waits until it is gone. Safe to call twice. */
  readonly kill: () => Promise<void>;
}

const MAIN = fileURLToPath(new URL("./relayProcessMain.ts", import.meta.url));

/** Starts a relay in a process of its own and waits until it serves. It dies with this process. */
export async function startRelayProcess(config: RelayProcessConfig): Promise<RelayProcess> {
  const child = fork(MAIN, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const kill = (): void => {
    child.kill("SIGKILL");
  };
  process.once("exit", kill);
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  child.send(config);
  const url = await firstMessage(child);
  if (child.pid === undefined) throw new Error("a process that serves has a number");
  return {
    url,
    pid: child.pid,
    isRunning,
    async collects() {
      const answer = once(child, "message");
      child.send("status");
      const [collects] = (await answer) as [boolean];
      return collects;
    },
    async kill() {
      process.removeListener("exit", kill);
      if (!isRunning()) return;
      const exited = once(child, "exit");
      kill();
      await exited;
    },
  };
}

async function firstMessage(child: ChildProcess): Promise<string> {
  const exited = once(child, "exit").then(([code]) => {
    throw new Error(`the relay process ended with ${String(code)} before it served`);
  });
  const [url] = (await Promise.race([once(child, "message"), exited])) as [string];
  exited.catch(() => undefined); // It is meant to be killed later.
  return url;
}
