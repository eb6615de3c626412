import { readFileSync, rmSync } from "node:fs";
import type { Address, Hex } from "viem";
import { writeFileAtomically } from "../../sdk/cli/writeFileAtomically.ts";

/** A contract creation that was signed, and may have been sent. */
export interface JournalEntry {
  /** Keccak-256 of the creation's calldata: another build or other arguments are another deployment. */
  readonly dataHash: Hex;
  readonly deployer: Address;
  readonly nonce: number;
  readonly transactionHash: Hex;
  /** The signed transaction. Sending it twice does nothing. */
  readonly transaction: Hex;
}

/** Where a deployment writes down each step before it sends it, so that it can be resumed after a crash. */
export interface DeploymentJournal {
  read(step: string): JournalEntry | undefined;
  /** Returns only when the entry is kept. */
  write(step: string, entry: JournalEntry): void;
  clear(): void;
}

/** A journal that ends with the process, for chains that do too. */
export function memoryJournal(): DeploymentJournal {
  const entries = new Map<string, JournalEntry>();
  return {
    read: (step) => entries.get(step),
    write: (step, entry) => void entries.set(step, entry),
    clear: () => {
      entries.clear();
    },
  };
}

/** A journal in a file, which is gone when the deployment is complete. */
export function fileJournal(path: string): DeploymentJournal {
  const entries = new Map(Object.entries(readJournal(path)));
  return {
    read: (step) => entries.get(step),
    write(step, entry) {
      entries.set(step, entry);
      writeFileAtomically(path, `${JSON.stringify(Object.fromEntries(entries), undefined, 2)}\n`);
    },
    clear() {
      entries.clear();
      rmSync(path, { force: true });
    },
  };
}

function readJournal(path: string): Record<string, JournalEntry> {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Record<string, JournalEntry>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
}
