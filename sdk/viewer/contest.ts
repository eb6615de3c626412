import { untilAborted } from "./clock.ts";
import type { Clock } from "./clock.ts";

/** Several ways to the same thing, tried one after another without waiting for the slow ones. */
export interface Contest<Value> {
  /** Starts one more attempt if now is the time for it. Asked at the start, after a failure and when patience is over. */
  start(): Promise<Value> | undefined;
  /** Milliseconds until `start` should be asked again; `undefined` once nothing but the attempts under way is left. */
  patience(): number | undefined;
  /** Resolves when `start` should be asked before that. */
  changed?(): Promise<unknown>;
}

/**
 * The first attempt that succeeds. The others go on; ending them is up to the caller.
 *
 * @param failures takes what went wrong, as it does
 * @returns `undefined` when everything failed
 * @throws the signal's reason
 */
export async function firstSuccess<Value>(
  contest: Contest<Value>,
  clock: Clock,
  signal: AbortSignal,
  failures: unknown[],
): Promise<Value | undefined> {
  type Outcome = { readonly attempt: number } & ({ readonly value: Value } | { readonly error: unknown });
  const running = new Map<number, Promise<Outcome>>();
  for (let attempt = 0; ; attempt++) {
    signal.throwIfAborted();
    const started = contest.start();
    if (started !== undefined) {
      const settled = started.then(
        (value): Outcome => ({ attempt, value }),
        (error: unknown): Outcome => ({ attempt, error }),
      );
      running.set(attempt, settled);
    }
    const patience = contest.patience();
    if (running.size === 0 && patience === undefined) return undefined;

    const timer = new AbortController();
    try {
      const waits: Promise<Outcome | undefined>[] = [...running.values()];
      if (patience !== undefined) {
        // When an attempt ends first, the timer is stopped and its rejection belongs to nobody.
        waits.push(clock.wait(patience, timer.signal).then(nothing, nothing));
      }
      const changed = contest.changed?.();
      if (changed !== undefined) waits.push(changed.then(nothing));
      const outcome = await untilAborted(Promise.race(waits), signal);
      if (outcome === undefined) continue;
      if ("value" in outcome) return outcome.value;
      running.delete(outcome.attempt);
      failures.push(outcome.error);
    } finally {
      timer.abort();
    }
  }
}

function nothing(): undefined {
  return undefined;
}
