import { decodeFunctionData } from "viem";
import type { Address, Hex, PublicClient } from "viem";
import { operatorRegistryAbi, paymentChannelsAbi } from "../../sdk/abis/index.ts";
import { isSameAddress } from "../../sdk/core/index.ts";
import type { Deployment } from "../../sdk/core/index.ts";

/** What one kind of transaction took. */
export interface GasRow {
  /** Names of the calls, in order, each once, such as `fundWithSignature + settle + close`. */
  readonly calls: string;
  readonly transactions: number;
  readonly gas: bigint;
  /** Gas paid by the agents of relays. */
  readonly byRelays: bigint;
}

/**
 * Reads every transaction to Weir's contracts from the chain, and adds up the gas by what they called.
 *
 * @param relays whose gas is counted as the relays'
 */
export async function readGasLedger(
  client: PublicClient,
  deployment: Deployment,
  relays: readonly Address[],
): Promise<GasRow[]> {
  const rows = new Map<string, { transactions: number; gas: bigint; byRelays: bigint }>();
  const head = await client.getBlockNumber();
  for (let blockNumber = 0n; blockNumber <= head; blockNumber += 1n) {
    const { transactions } = await client.getBlock({ blockNumber, includeTransactions: true });
    for (const { hash, to, input, from } of transactions) {
      const calls = nameCalls(deployment, to, input);
      if (calls === undefined) continue;
      const { gasUsed } = await client.getTransactionReceipt({ hash });
      const row = rows.get(calls) ?? { transactions: 0, gas: 0n, byRelays: 0n };
      row.transactions += 1;
      row.gas += gasUsed;
      if (relays.some((relay) => isSameAddress(relay, from))) row.byRelays += gasUsed;
      rows.set(calls, row);
    }
  }
  return [...rows].map(([calls, row]) => ({ calls, ...row })).sort((a, b) => (a.gas < b.gas ? 1 : -1));
}

function nameCalls(deployment: Deployment, to: Address | null, input: Hex): string | undefined {
  if (to === null) return undefined;
  if (isSameAddress(to, deployment.operatorRegistry.address)) {
    return decodeFunctionData({ abi: operatorRegistryAbi, data: input }).functionName;
  }
  if (!isSameAddress(to, deployment.paymentChannels.address)) return undefined;
  const call = decodeFunctionData({ abi: paymentChannelsAbi, data: input });
  if (call.functionName !== "multicall") return call.functionName;
  const names = call.args[0].map((data) => decodeFunctionData({ abi: paymentChannelsAbi, data }).functionName);
  return [...new Set(names)].join(" + ");
}
