import type { ViewerChannel } from "./viewerChannel.ts";

/** What a channel takes from the viewer's budget. */
export type BudgetShare = Pick<ViewerChannel, "id" | "fund">;

/**
 * The most that a channel's `Fund` may reach so that the sum of all totals stays within the budget (X11). That sum is
 * the most the viewer can ever lose.
 *
 * @param budget token base units
 * @param channel the one that may be funded
 * @param others every other channel of the account that is not closed
 * @param spent token base units that closed channels cost
 */
export function fundAllowance(
  budget: bigint,
  channel: BudgetShare,
  others: Iterable<BudgetShare>,
  spent: bigint,
): bigint {
  let free = budget - spent;
  for (const other of others) if (other.id !== channel.id) free -= other.fund?.total ?? 0n;
  const held = channel.fund?.total ?? 0n;
  return free > held ? free : held;
}
