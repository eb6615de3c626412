/** What the choice between relays looks at. */
export interface RelayCandidate {
  /** Token base units per GiB. */
  readonly pricePerGiB: bigint;
  /** Milliseconds that the resource would take. */
  readonly expectedMs: number;
  /** What the relay has delivered or is delivering, as time: bytes by throughput. */
  readonly usedMs: number;
}

/**
 * The relay to ask. Of those that are fast enough the cheapest; of equally cheap ones the one that was used least for its
 * speed, so that all stay measured and warm. If none is fast enough, the fastest, whatever its price.
 *
 * @param enoughMs milliseconds in which the resource should be there
 */
export function chooseRelay<Candidate extends RelayCandidate>(
  candidates: readonly Candidate[],
  enoughMs: number,
): Candidate | undefined {
  const fast = candidates.filter(({ expectedMs }) => expectedMs <= enoughMs);
  if (fast.length === 0) return least(candidates, (a, b) => a.expectedMs < b.expectedMs);
  return least(
    fast,
    (a, b) => a.pricePerGiB < b.pricePerGiB || (a.pricePerGiB === b.pricePerGiB && a.usedMs < b.usedMs),
  );
}

function least<Item>(items: readonly Item[], before: (a: Item, b: Item) => boolean): Item | undefined {
  let found: Item | undefined;
  for (const item of items) if (found === undefined || before(item, found)) found = item;
  return found;
}
