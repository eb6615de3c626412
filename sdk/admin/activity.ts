import type { RelayEvent } from "../relay/index.ts";

/** What a relay did in some seconds, and how it stood at their end. */
export interface ActivitySample {
  /** When they ended, in seconds since the epoch. */
  readonly at: number;
  /** Seconds since the sample before. */
  readonly seconds: number;
  /** Bytes of listed resources that left for pay. */
  readonly servedBytes: number;
  /** Bytes that viewers acknowledged. */
  readonly receiptedBytes: number;
  /** Open sessions. */
  readonly sessions: number;
  /** What was acknowledged and not collected, in token base units. */
  readonly unsettled: bigint;
  /** What was delivered and not acknowledged or paid, in token base units. */
  readonly unsecured: bigint;
}

/** How a relay stands. */
export type ActivityLevels = Pick<ActivitySample, "sessions" | "unsettled" | "unsecured">;

/** What a relay did lately. */
export interface Activity {
  readonly note: (event: RelayEvent) => void;
  /** Ends the seconds since the last sample. */
  readonly sample: (levels: ActivityLevels) => void;
  /** The earliest first. */
  readonly read: () => readonly ActivitySample[];
  /** How verified resources were had since the process started, by where they came from. */
  readonly reads: () => Readonly<Record<string, number>>;
}

/** Samples that are kept: six hours of one every ten seconds. */
export const KEPT_SAMPLES = 2_160;

/**
 * Remembers what was served and paid in the last hours, sample by sample.
 *
 * @param clock seconds since the epoch
 */
export function activity(clock: () => number): Activity {
  const samples: ActivitySample[] = [];
  const reads: Record<string, number> = { memory: 0, joined: 0, origin: 0 };
  let servedBytes = 0;
  let receiptedBytes = 0;
  let began = clock();
  return {
    note(event) {
      if (event.type === "segmentServed" && !event.free) servedBytes += event.bytes;
      else if (event.type === "receiptTaken") receiptedBytes += Number(event.bytes);
      else if (event.type === "resourceRead") reads[event.from] = (reads[event.from] ?? 0) + 1;
    },
    sample(levels) {
      const at = clock();
      const seconds = at - began;
      // A clock that was set back, or two samples in one second, would give no rate.
      if (seconds <= 0) return;
      samples.push({ at, seconds, servedBytes, receiptedBytes, ...levels });
      if (samples.length > KEPT_SAMPLES) samples.shift();
      began = at;
      servedBytes = 0;
      receiptedBytes = 0;
    },
    read: () => samples,
    reads: () => reads,
  };
}
