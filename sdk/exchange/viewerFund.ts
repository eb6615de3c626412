import { coveredBytes, owed } from "../core/index.ts";
import { verifiedTotals } from "./viewerChannel.ts";
import type { UnsignedFund, ViewerChannel } from "./viewerChannel.ts";
import type { ViewerPolicy } from "./viewerPolicy.ts";

/**
 * The `Fund` that the channel should have now (X11): the one it has, a higher one when what is verified comes near it, or
 * a longer one when it would run out before the relay posted it.
 *
 * The amount follows from what was verified and from nothing that the relay says. So a relay that has delivered nothing
 * gets none, and each step is as large as what was delivered before.
 *
 * @param allowance token base units, from `fundAllowance`
 * @param now seconds since the epoch
 */
export function dueFund(
  state: ViewerChannel,
  policy: ViewerPolicy,
  allowance: bigint,
  now: number,
): UnsignedFund | undefined {
  const { fund, channel } = state;
  const { pricePerGiB } = channel;
  const verified = verifiedTotals(state).deliveredBytes;
  if (verified === 0n) return fund;
  const held = fund?.total ?? 0n;
  const validUntil = now + policy.fundSeconds;
  if (owed(verified + policy.fundBytes / 2n, pricePerGiB) > held) {
    const ahead = verified > policy.fundBytes ? verified : policy.fundBytes;
    const wanted = owed(verified + ahead, pricePerGiB);
    const total = wanted < allowance ? wanted : allowance;
    if (total > held) return { total, validUntil };
  }
  if (fund && fund.validUntil < renewAt(now, policy) && state.covered < coveredBytes(fund.total, pricePerGiB)) {
    return { total: fund.total, validUntil };
  }
  return fund;
}

/** A fund that ends before this is renewed. */
function renewAt(now: number, policy: ViewerPolicy): number {
  return now + Math.floor(policy.fundSeconds / 4);
}
