import { expect } from "chai";
import { earningsHistory } from "../../../sdk/admin/earningsHistory.ts";
import type { CollectionRecord } from "../../../sdk/relay/index.ts";

const DAY = 86_400;

function collection(nonce: number, minedAt: number, value: bigint): CollectionRecord {
  return {
    ...{ nonce, minedAt, value, reason: "worth", block: nonce, gasUsed: 1n, gasPrice: 1n, cost: 3n, alone: 10n },
    ...{ funds: 0, settles: 2, closes: 0 },
  };
}

/** Records that count how many rows were read. */
function recordsOf(newestFirst: CollectionRecord[]): {
  readonly rows: CollectionRecord[];
  readonly read: () => number;
  readonly collections: () => AsyncIterable<CollectionRecord>;
} {
  let read = 0;
  return {
    rows: newestFirst,
    read: () => read,
    async *collections() {
      for (const row of newestFirst) {
        read++;
        yield await Promise.resolve(row);
      }
    },
  };
}

describe("The earnings of a relay by day", () => {
  it("are sums by day of UTC, and in all, to the base unit", async () => {
    const large = 2n ** 90n + 1n;
    const history = earningsHistory(
      recordsOf([collection(2, 5 * DAY, large), collection(1, 4 * DAY + 86_399, 2n), collection(0, 4 * DAY, 1n)]),
    );
    const { days, total } = await history.read();
    expect(days.map(({ day, value, transactions }) => [day, value, transactions])).to.deep.equal([
      [4 * DAY, 3n, 2],
      [5 * DAY, large, 1],
    ]);
    expect(total).to.deep.equal({ value: large + 3n, cost: 9n, saved: 21n, transactions: 3, settles: 6 });
  });

  it("are nothing before the first settlement", async () => {
    const { days, total } = await earningsHistory(recordsOf([])).read();
    expect([days.length, total.value]).to.deep.equal([0, 0n]);
  });

  it("read the past once, and then only what is recent", async () => {
    const records = recordsOf(Array.from({ length: 300 }, (_, i) => collection(299 - i, (299 - i) * DAY, 1n)));
    const history = earningsHistory(records);
    const first = await history.read();
    const before = records.read();
    records.rows.unshift(collection(300, 300 * DAY, 5n));
    const second = await history.read();
    expect(second.total.value).to.equal(first.total.value + 5n);
    expect(second.days).to.have.length(301);
    expect(records.read() - before).to.be.lessThan(10);
  });

  it("forget what a reorganisation took back", async () => {
    const records = recordsOf([collection(1, 10 * DAY, 7n), collection(0, 9 * DAY, 1n)]);
    const history = earningsHistory(records);
    await history.read();
    records.rows.shift();
    const { days, total } = await history.read();
    expect(days.map(({ day }) => day)).to.deep.equal([9 * DAY]);
    expect(total.value).to.equal(1n);
  });
});
