import { extendTotals, WeirError } from "../core/index.ts";
import type { Acknowledged, SegmentEntry, Totals } from "../core/index.ts";
import { assertReceipt, isSameTotals } from "./signedStatements.ts";
import type { SignatureEnv } from "./signedStatements.ts";
import { verifiedTotals } from "./viewerChannel.ts";
import type { PendingEntry, ViewerChannel } from "./viewerChannel.ts";

/**
 * What a relay's claim changes (X12).
 *
 * A claim that is one of the viewer's own totals acknowledges everything up to it. Any other one that is not below the
 * acknowledged total can only come from a receipt that this viewer signed and forgot, so it needs the viewer's own
 * signature. What that receipt counted is unknown; therefore entries that may be in any receipt are let go, and only
 * those that never left are counted on top. So no transfer is ever paid twice. Whatever the claim, the verified total never
 * falls, and the next receipt supersedes everything the relay may hold.
 *
 * @throws WeirError `wrong-signer` for a claim that needs the viewer's signature and does not have it
 */
export function adoptClaim(state: ViewerChannel, claim: Acknowledged, env: SignatureEnv): ViewerChannel {
  if (claim.deliveredBytes < state.acknowledged.deliveredBytes || isSameTotals(claim, state.acknowledged)) return state;
  const position = state.pending.findIndex(({ totals }) => isSameTotals(claim, totals));
  if (position >= 0) return acknowledgeFirst(state, position + 1);
  // The seed of a channel without receipts is nobody's claim.
  if (claim.deliveredBytes === 0n) return state;
  assertOwn(state, claim, env);
  const { deliveredBytes, segmentsRoot } = claim;
  const acknowledged: Totals = { deliveredBytes, segmentsRoot };
  const pending = appendEntries(
    acknowledged,
    state.pending.slice(state.exposed).map(({ entry }) => entry),
  );
  const adopted = { ...state, acknowledged, pending, exposed: 0 };
  return verifiedTotals(adopted).deliveredBytes < verifiedTotals(state).deliveredBytes ? state : adopted;
}

/** The entries with the totals that each of them leads to. */
export function appendEntries(totals: Totals, entries: readonly SegmentEntry[]): PendingEntry[] {
  let last = totals;
  return entries.map((entry) => ({ entry, totals: (last = extendTotals(last, entry)) }));
}

function acknowledgeFirst(state: ViewerChannel, count: number): ViewerChannel {
  const acknowledged = state.pending[count - 1]?.totals ?? state.acknowledged;
  return {
    ...state,
    acknowledged,
    pending: state.pending.slice(count),
    exposed: state.exposed > count ? state.exposed - count : 0,
  };
}

function assertOwn(state: ViewerChannel, claim: Acknowledged, env: SignatureEnv): void {
  const { signature } = claim;
  if (signature === undefined) throw new WeirError("wrong-signer", "the relay's claim carries no signature");
  try {
    assertReceipt(state.channel, { ...claim, signature }, env);
  } catch (cause) {
    throw new WeirError("wrong-signer", "the relay's claim was not signed by this viewer", { cause });
  }
}
