import type { Clock } from "../clock.ts";

/** Counts what a session gets without paying (T5). */
export interface FreeAllowance {
  /**
   * Takes bytes from a session's minute, if they are left.
   *
   * @returns seconds to wait until they would be; 0 if they were taken
   */
  readonly take: (session: string, bytes: number) => number;
}

/** An allowance of so many bytes per session and minute of the clock. */
export function freeAllowance(bytesPerMinute: number, clock: Clock): FreeAllowance {
  const used = new Map<string, number>();
  let minute = -1;
  return {
    take(session, bytes) {
      const now = clock();
      const current = Math.floor(now / 60);
      if (current !== minute) {
        minute = current;
        used.clear();
      }
      const total = (used.get(session) ?? 0) + bytes;
      if (total > bytesPerMinute) return 60 - (now % 60);
      used.set(session, total);
      return 0;
    },
  };
}
