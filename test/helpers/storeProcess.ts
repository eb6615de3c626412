import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Channel, Hex } from "../../sdk/core/index.ts";

/** What the processes agree on. */
export const MIB = 1n << 20n;
export const SESSION: Hex = `0x${"0a".repeat(16)}`;
/** Room for three channels of one signer. */
export const signerCredit = 24n * MIB;

/** A channel as processes exchange it: they speak JSON. */
export type PlainChannel = Omit<Channel, "pricePerGiB" | "nonce"> & {
  readonly pricePerGiB: string;
  readonly nonce: string;
};

/** What a process can be told to do. */
export type StoreTask =
  /** Opens a session on each channel at once; answers how many were granted. */
  | { readonly type: "open"; readonly channels: readonly PlainChannel[] }
  /** Reserves a mebibyte for each transfer at once; answers how many were admitted. */
  | { readonly type: "reserve"; readonly id: Hex; readonly transfers: readonly string[] }
  /** Uses challenges at once; answers how many were fresh. */
  | { readonly type: "challenges"; readonly ids: readonly string[] }
  /** Takes a right; answers whether it got it. */
  | { readonly type: "lead"; readonly name: string }
  /** Writes a transaction down through the right; answers whether that was refused. */
  | { readonly type: "put"; readonly nonce: number };

/** A process with channels over a PostgreSQL store. */
export interface StoreProcess {
  readonly run: (task: StoreTask) => Promise<unknown>;
  readonly signal: (signal: NodeJS.Signals) => void;
  /** Ends it with SIGKILL and waits until it is gone. */
  readonly kill: () => Promise<void>;
}

const MAIN = fileURLToPath(new URL("./storeProcessMain.ts", import.meta.url));

/** Starts a process on a store and waits until it has opened it. It dies with this process. */
export async function startStoreProcess(url: string, schema: string): Promise<StoreProcess> {
  const child = fork(MAIN, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const killNow = (): void => {
    child.kill("SIGKILL");
  };
  process.once("exit", killNow);
  child.send({ url, schema });
  await once(child, "message");
  return {
    async run(task) {
      const answer = once(child, "message");
      child.send(task);
      const [result] = (await answer) as [unknown];
      return result;
    },
    signal: (signal) => child.kill(signal),
    async kill() {
      process.removeListener("exit", killNow);
      const exited = once(child, "exit");
      killNow();
      await exited;
    },
  };
}

export function toPlainChannel({ pricePerGiB, nonce, ...channel }: Channel): PlainChannel {
  return { ...channel, pricePerGiB: String(pricePerGiB), nonce: String(nonce) };
}

export function toChannel({ pricePerGiB, nonce, ...channel }: PlainChannel): Channel {
  return { ...channel, pricePerGiB: BigInt(pricePerGiB), nonce: BigInt(nonce) };
}
