import { expect } from "chai";
import fc from "fast-check";
import type { Clock, ViewerListener, ViewerStatus } from "../../../../sdk/viewer/index.ts";
import { meter } from "../../../../sdk/viewer/meter/index.ts";
import type { MeterReading, MeteredMedia } from "../../../../sdk/viewer/meter/index.ts";

const EVERY = 500;
const BUDGET = 1_000_000n;

/** A viewer that says what a test wants, and a clock that stands still until the test moves it. */
function fixture(): {
  readonly viewer: { readonly status: () => ViewerStatus; readonly on: (listener: ViewerListener) => () => void };
  readonly clock: Clock;
  readonly status: { -readonly [Key in keyof ViewerStatus]: ViewerStatus[Key] };
  readonly listening: () => number;
  readonly verified: (bytes: number, milliseconds: number) => void;
  readonly pass: (milliseconds: number) => Promise<void>;
} {
  const hearing = new Set<ViewerListener>();
  const waiting = new Set<{ readonly at: number; readonly wake: () => void }>();
  let now = 1_000;
  const status = {
    ...{ verifiedBytes: 0n, refusedBytes: 0n, abortedBytes: 0n, spent: 0n, funded: 0n },
    ...{ budget: BUDGET, sequence: 0n, relays: [] },
  };
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  };
  return {
    status,
    viewer: {
      status: () => ({ ...status }),
      on(listener) {
        hearing.add(listener);
        return () => hearing.delete(listener);
      },
    },
    clock: {
      now: () => now,
      wait: async (milliseconds, signal) =>
        new Promise((resolve, reject) => {
          const entry = { at: now + milliseconds, wake: resolve };
          waiting.add(entry);
          signal.addEventListener("abort", () => {
            waiting.delete(entry);
            reject(signal.reason as Error);
          });
        }),
    },
    listening: () => hearing.size,
    verified(bytes, milliseconds) {
      for (const hear of hearing)
        hear({ type: "verified", relay: "https://a.example", name: "1.m4s", bytes, milliseconds });
    },
    async pass(milliseconds) {
      const until = now + milliseconds;
      while (now < until) {
        now = Math.min(until, now + EVERY);
        for (const entry of waiting) {
          if (entry.at > now) continue;
          waiting.delete(entry);
          entry.wake();
        }
        await settle();
      }
    },
  };
}

/** A buffer that a test fills. */
function media(): MeteredMedia & { ranges: [start: number, end: number][] } {
  const made = {
    ranges: [] as [start: number, end: number][],
    get buffered() {
      const { ranges } = made;
      return { length: ranges.length, start: (i: number) => ranges[i]![0], end: (i: number) => ranges[i]![1] };
    },
  };
  return made;
}

describe("meter: what watching costs, as one reading", () => {
  it("says what the viewer says, what is left, and what was spent before", () => {
    const { clock, status, viewer } = fixture();
    Object.assign(status, { spent: 400n, verifiedBytes: 7n, refusedBytes: 3n });
    expect(meter(viewer, { clock, spentBefore: 600n }).snapshot()).to.deep.equal({
      ...{ spent: 1_000n, budget: BUDGET, left: BUDGET - 1_000n, verifiedBytes: 7n, refusedBytes: 3n },
      ...{ perHour: undefined, throughput: 0, relays: [], swarm: undefined },
    });
    status.spent = BUDGET + 1n;
    expect(meter(viewer, { clock }).snapshot(), "more is not owed").to.deep.include({ spent: BUDGET, left: 0n });
  });

  it("tells at once, then when something has changed, and is the same object until then", async () => {
    const { clock, pass, status, viewer } = fixture();
    const { snapshot, subscribe } = meter(viewer, { clock, every: EVERY });
    const told: MeterReading[] = [];
    const end = subscribe((reading) => told.push(reading));
    expect(told).to.have.length(1);
    expect(snapshot()).to.equal(told[0]);
    await pass(4 * EVERY);
    expect(told).to.have.length(1);
    status.verifiedBytes = 5n;
    await pass(EVERY);
    expect(told.map(({ verifiedBytes }) => verifiedBytes)).to.deep.equal([0n, 5n]);
    expect(snapshot()).to.equal(told[1]);
    end();
  });

  it("measures while anybody listens, and lets go of the viewer with the last one", async () => {
    const { clock, listening, pass, status, viewer } = fixture();
    const { subscribe } = meter(viewer, { clock, every: EVERY });
    let told = 0;
    const count = (): void => void (told += 1);
    const [first, second] = [subscribe(count), subscribe(count)];
    expect(listening()).to.equal(1);
    first();
    first();
    expect(listening()).to.equal(1);
    second();
    expect(listening()).to.equal(0);
    told = 0;
    status.verifiedBytes = 9n;
    await pass(3 * EVERY);
    expect(told).to.equal(0);
  });

  it("without a subscription a snapshot is as fresh as the viewer", () => {
    const { clock, status, viewer } = fixture();
    const { snapshot } = meter(viewer, { clock });
    expect(snapshot()).to.equal(snapshot());
    status.spent = 5n;
    expect(snapshot().spent).to.equal(5n);
  });

  it("an hour of video costs what its minutes cost, however fast they were loaded", async () => {
    const { clock, pass, status, viewer } = fixture();
    const player = media();
    status.spent = 77n; // from an earlier visit
    const { snapshot, subscribe } = meter(viewer, { clock, every: EVERY, media: player });
    const end = subscribe(() => undefined);
    status.spent = 77n + 40n;
    player.ranges = [[0, 4]];
    await pass(EVERY);
    expect(snapshot().perHour, "too early to say").to.equal(undefined);
    status.spent = 77n + 100n;
    player.ranges = [[0, 10]];
    await pass(EVERY);
    expect(snapshot().perHour).to.equal(36_000n);
    await pass(60_000);
    expect(snapshot().perHour, "a pause costs nothing").to.equal(36_000n);
    end();
  });

  it("forgets what is more than a minute of video back", async () => {
    const { clock, pass, status, viewer } = fixture();
    const player = media();
    const { snapshot, subscribe } = meter(viewer, { clock, every: EVERY, media: player });
    const end = subscribe(() => undefined);
    for (let second = 1; second <= 200; second++) {
      // Dear at first, then a tenth of it.
      status.spent += second <= 100 ? 100n : 10n;
      player.ranges = [[Math.max(0, second - 30), second]];
      await pass(EVERY);
    }
    expect(snapshot().perHour).to.equal(36_000n);
    end();
  });

  it("counts video again that had left the buffer, and never counts down", async () => {
    const { clock, pass, status, viewer } = fixture();
    const player = media();
    const { snapshot, subscribe } = meter(viewer, { clock, every: EVERY, media: player });
    const end = subscribe(() => undefined);
    for (const ranges of [[[0, 10]], [[5, 10]], [[30, 40]], [[0, 10]], []] as [number, number][][]) {
      player.ranges = ranges;
      if (ranges.length > 0 && ranges[0]?.[0] !== 5) status.spent += 100n;
      await pass(EVERY);
    }
    expect(snapshot().perHour, "300 for 30 seconds").to.equal(36_000n);
    end();
  });

  it("without media an hour is one of the clock", async () => {
    const { clock, pass, status, viewer } = fixture();
    const { snapshot, subscribe } = meter(viewer, { clock, every: EVERY });
    const end = subscribe(() => undefined);
    for (let second = 0; second < 120; second++) {
      status.spent += 10n;
      await pass(1_000);
    }
    expect(snapshot().perHour).to.equal(36_000n);
    await pass(120_000);
    expect(snapshot().perHour, "nothing was bought for a minute").to.equal(0n);
    end();
  });

  it("throughput leaves out pauses, counts parallel downloads once, and fades", async () => {
    const { clock, pass, verified, viewer } = fixture();
    const { snapshot, subscribe } = meter(viewer, { clock, every: EVERY });
    const end = subscribe(() => undefined);
    await pass(2_000);
    verified(1_000, 1_000);
    verified(1_000, 1_000);
    await pass(10_000);
    expect(snapshot().throughput).to.equal(2_000);
    verified(1_000, 1_000);
    await pass(EVERY);
    expect(snapshot().throughput).to.equal(1_500);
    await pass(40_000);
    expect(snapshot().throughput).to.equal(0);
    end();
  });

  it("shows the swarm beside it", () => {
    const { clock, viewer } = fixture();
    const status = { active: true, peers: 2, dropped: 0, peerBytes: 3n, relayBytes: 1n, offload: 0.75 };
    const swarm = { status: () => ({ ...status, refusedBytes: 0n, uploadedBytes: 0n }) };
    expect(meter(viewer, { clock, swarm }).snapshot().swarm?.offload).to.equal(0.75);
  });

  it("whatever is loaded and spent in whatever order, the rate lies between the cheapest and the dearest second", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ seconds: fc.integer({ min: 1, max: 12 }), price: fc.bigInt(1n, 1_000n) }), {
          minLength: 5,
          maxLength: 40,
        }),
        async (steps) => {
          const { clock, pass, status, viewer } = fixture();
          const player = media();
          const { snapshot, subscribe } = meter(viewer, { clock, every: EVERY, media: player });
          const end = subscribe(() => undefined);
          let at = 0;
          for (const { price, seconds } of steps) {
            status.spent += price * BigInt(seconds);
            player.ranges = [[at, at + seconds]];
            at += seconds;
            await pass(EVERY);
          }
          end();
          const prices = steps.map(({ price }) => Number(price));
          const perSecond = Number(snapshot().perHour ?? -1n) / 3_600;
          expect(perSecond).to.be.within(Math.min(...prices), Math.max(...prices));
        },
      ),
      { numRuns: 100 },
    ));
});
