/** How fast resources arrive. */
export interface DownloadSpeed {
  /** A resource has arrived. Times are milliseconds of one clock. */
  arrived(bytes: number, milliseconds: number, now: number): void;
  /** Bytes per second of the time in which anything was on its way; 0 if nothing arrived lately. */
  rate(now: number): number;
}

interface Download {
  readonly bytes: number;
  readonly from: number;
  readonly to: number;
}

/** Milliseconds for which a download counts. */
const LATELY_MS = 30_000;

/**
 * A player loads a little ahead and then waits, so bytes by the clock would tell how much it needs and not how much it gets:
 * this leaves out the time in which nothing was asked for, and counts time once in which several were.
 */
export function downloadSpeed(): DownloadSpeed {
  let downloads: Download[] = [];
  return {
    arrived(bytes, milliseconds, now) {
      downloads.push({ bytes, from: now - milliseconds, to: now });
    },
    rate(now) {
      downloads = downloads.filter(({ to }) => to > now - LATELY_MS);
      const bytes = downloads.reduce((sum, each) => sum + each.bytes, 0);
      const busy = busyTime(downloads);
      return busy === 0 ? 0 : (bytes * 1_000) / busy;
    },
  };
}

/** Milliseconds in which at least one was on its way. */
function busyTime(downloads: readonly Download[]): number {
  let busy = 0;
  let until = -Infinity;
  for (const { from, to } of downloads.toSorted((a, b) => a.from - b.from)) {
    busy += Math.max(0, to - Math.max(from, until));
    until = Math.max(until, to);
  }
  return busy;
}
