import { gunzipSync } from "node:zlib";
import { hexToBytes } from "viem";
import type { LocalDeployment } from "../../scripts/local/localDeployment.ts";

/** One thing that the chain keeps and anybody can read. */
export interface ChainRecord {
  readonly kind: "transaction" | "log" | "slot";
  /** Everything in it as lower-case hex without `0x`, parts divided by spaces. */
  readonly hex: string;
}

interface DumpedState {
  readonly accounts: Record<string, { readonly storage: Record<string, string> }>;
}

/** Everything that a local node's chain holds: each transaction, each log, each storage slot of each contract. */
export async function dumpChain({ publicClient: client, testClient }: LocalDeployment): Promise<ChainRecord[]> {
  const records: ChainRecord[] = [];
  const add = (kind: ChainRecord["kind"], ...parts: (string | null)[]): void => {
    records.push({ kind, hex: parts.map((part) => (part ?? "").replace(/^0x/, "").toLowerCase()).join(" ") });
  };
  const head = await client.getBlockNumber({ cacheTime: 0 });
  for (let blockNumber = 0n; blockNumber <= head; blockNumber += 1n) {
    const { transactions } = await client.getBlock({ blockNumber, includeTransactions: true });
    for (const { hash, from, to, input } of transactions) {
      add("transaction", from, to, input);
      const { logs } = await client.getTransactionReceipt({ hash });
      for (const { address, topics, data } of logs) add("log", address, ...topics, data);
    }
  }
  const state = gunzipSync(hexToBytes(await testClient.dumpState())).toString();
  for (const [address, { storage }] of Object.entries((JSON.parse(state) as DumpedState).accounts)) {
    for (const [slot, value] of Object.entries(storage)) add("slot", address, slot, value);
  }
  return records;
}

/** The records that contain these bytes, given as `0x` hex. */
export function recordsWith(records: readonly ChainRecord[], bytes: string): ChainRecord[] {
  const needle = bytes.replace(/^0x/, "").toLowerCase();
  return records.filter(({ hex }) => hex.includes(needle));
}
