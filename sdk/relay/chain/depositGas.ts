import { parseTransaction } from "viem/utils";
import type { Hex } from "../../core/index.ts";
import type { RelayStore } from "../store/relayStore.ts";

const DAY_SECONDS = 86_400;
const GWEI = 10n ** 9n;

/**
 * Counts what a transaction for a wallet may take against what may be spent on such within a day (UTC). It is in the store:
 * neither a restart nor another process of the relay begins anew. Only the process that collects may call this.
 *
 * @param cost wei
 * @param limit wei; none if left out, for what must be sent in any case
 * @returns whether it may be sent
 */
export async function takeDepositGas(store: RelayStore, now: number, cost: bigint, limit?: bigint): Promise<boolean> {
  const name = `deposit gas ${Math.floor(now / DAY_SECONDS)}`;
  const taken = ((await store.highest(name)) ?? 0n) * GWEI + cost;
  if (limit !== undefined && taken > limit) return false;
  // Rounded up: many small ones must not count as nothing.
  await store.raise(name, (taken + GWEI - 1n) / GWEI);
  return true;
}

/** The most that a signed transaction can take for gas, in wei. */
export function mostForGas(raw: Hex): bigint {
  const { gas = 0n, gasPrice, maxFeePerGas } = parseTransaction(raw);
  return gas * (maxFeePerGas ?? gasPrice ?? 0n);
}
