import type { Hex } from "../core/hex.ts";

/**
 * Shares one budget among viewers of one session key that do not see each other, such as those of several tabs. Whatever a
 * viewer signs, it has reserved before; amounts are token base units.
 */
export interface FundingLedger {
  /** What the funding of a channel may reach now: as much as was reserved for it, and nothing once it is settled. */
  reserved(channel: Hex): bigint;
  /**
   * Reserves what the funding of a channel is to be raised to, or as much of that as is left; see `reserved` then. It is
   * on disk when this resolves.
   *
   * @returns undefined if that much is reserved already, or if nothing was left a moment ago
   */
  reserve(channel: Hex, total: bigint): Promise<void> | undefined;
  /** A channel is closed on the chain, and cost this: the rest of what was reserved for it is free again. */
  settle(channel: Hex, cost: bigint): Promise<void>;
}
