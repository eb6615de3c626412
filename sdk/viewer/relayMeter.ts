/** What to believe of a relay that was not measured: a mebibyte a second, a tenth of a second to the first byte. */
const PRIOR_BYTES = 65_536;
const PRIOR_MS = 62.5;
const PRIOR_LATENCY_MS = 100;

/** Measurements lose half their weight in this much time of downloading. */
const BUSY_HALF_LIFE_MS = 5_000;
/** And in this much time without any, so that a relay that was slow is tried again some day. */
const IDLE_HALF_LIFE_MS = 60_000;

/** How fast a relay delivered lately, over all its transfers together. Times are milliseconds of one clock. */
export interface RelayMeter {
  /** The first byte of a transfer arrived, or did not within so much time. */
  latency(milliseconds: number, arrived: boolean): void;
  /** A transfer goes from waiting for its first byte to streaming. */
  begin(now: number): void;
  bytes(count: number, now: number): void;
  end(now: number): void;
  /** Bytes per millisecond. */
  rate(now: number): number;
  /** Milliseconds that so many bytes should take, first byte and transfers under way included. */
  expect(bytes: number, now: number): number;
}

/** A meter that knows nothing yet. */
export function relayMeter(): RelayMeter {
  let sumBytes = 0;
  let sumMs = 0;
  let firstByteMs = PRIOR_LATENCY_MS;
  let streaming = 0;
  let updated = 0;

  const advance = (now: number): void => {
    const elapsed = Math.max(0, now - updated);
    updated = now;
    const weight = 0.5 ** (elapsed / (streaming > 0 ? BUSY_HALF_LIFE_MS : IDLE_HALF_LIFE_MS));
    sumBytes *= weight;
    sumMs *= weight;
    if (streaming > 0) sumMs += elapsed;
  };
  const rate = (now: number): number => {
    advance(now);
    return (sumBytes + PRIOR_BYTES) / (sumMs + PRIOR_MS);
  };

  return {
    latency(milliseconds, arrived) {
      if (arrived || milliseconds > firstByteMs) firstByteMs = 0.7 * firstByteMs + 0.3 * milliseconds;
    },
    begin(now) {
      advance(now);
      streaming += 1;
    },
    bytes(count, now) {
      advance(now);
      sumBytes += count;
    },
    end(now) {
      advance(now);
      streaming -= 1;
    },
    rate,
    expect: (bytes, now) => firstByteMs + bytes / rate(now),
  };
}
