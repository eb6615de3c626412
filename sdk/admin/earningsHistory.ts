import type { CollectionRecord, RelayRecords } from "../relay/index.ts";

/** What a relay's transactions came to. Amounts are token base units. */
export interface EarningsTotals {
  /** What was settled, before the escrow's fee. */
  readonly value: bigint;
  /** What the gas was worth. */
  readonly cost: bigint;
  /** What waiting for many receipts saved in gas, against settling each by itself. */
  readonly saved: bigint;
  readonly transactions: number;
  readonly settles: number;
}

/** The same for one day. */
export interface EarningsDay extends EarningsTotals {
  /** When the day began, in seconds since the epoch; days are those of UTC. */
  readonly day: number;
}

/** The earnings of a relay by day. */
export interface EarningsHistory {
  /** Days on which something was mined, the earliest first, and the sums of all. @throws WeirError `storage-failed` */
  readonly read: () => Promise<{ readonly days: readonly EarningsDay[]; readonly total: EarningsTotals }>;
}

const DAY_SECONDS = 86_400;

/**
 * Days that are read anew each time, before the latest that is known: a reorganisation takes back what is younger than
 * that, and nothing older ever changes.
 */
const UNCERTAIN_DAYS = 2;

const NOTHING: EarningsTotals = { value: 0n, cost: 0n, saved: 0n, transactions: 0, settles: 0 };

/**
 * Sums up the history of collections by day. The whole of it is gone through once; then only what is recent, however long
 * the relay has run. Sums are kept by day, so that memory grows by one small object a day.
 */
export function earningsHistory(records: Pick<RelayRecords, "collections">): EarningsHistory {
  let known = new Map<number, EarningsTotals>();
  return {
    async read() {
      const latest = Math.max(-Infinity, ...known.keys());
      const certainBefore = latest - UNCERTAIN_DAYS * DAY_SECONDS;
      const next = new Map([...known].filter(([day]) => day < certainBefore));
      for await (const collection of records.collections()) {
        const day = collection.minedAt - (collection.minedAt % DAY_SECONDS);
        if (day < certainBefore) break;
        next.set(day, add(next.get(day) ?? NOTHING, totalsOf(collection)));
      }
      known = next;
      const days = [...next].map(([day, totals]) => ({ day, ...totals })).sort((a, b) => a.day - b.day);
      return { days, total: days.reduce(add, NOTHING) };
    },
  };
}

function totalsOf({ alone, cost, settles, value }: CollectionRecord): EarningsTotals {
  return { value, cost, saved: alone - cost, transactions: 1, settles };
}

function add(a: EarningsTotals, b: EarningsTotals): EarningsTotals {
  return {
    value: a.value + b.value,
    cost: a.cost + b.cost,
    saved: a.saved + b.saved,
    transactions: a.transactions + b.transactions,
    settles: a.settles + b.settles,
  };
}
