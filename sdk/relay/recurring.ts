import { WeirError } from "../core/index.ts";
import type { Logger } from "./logger.ts";
import type { RelayListener } from "./relayEvents.ts";

/** A job that is done again and again, never twice at a time. */
export interface Recurring {
  /** Does it at once, or right after the run that is under way. */
  readonly soon: () => void;
  /** Resolves when the run that is under way is over; no other follows. */
  readonly stop: () => Promise<void>;
}

/** What a recurring job needs from its relay. */
export interface RecurringContext {
  readonly logger: Logger;
  readonly emit: RelayListener;
}

/** Starts a job. One that fails is logged and done again at its next turn. */
export function recurring(
  name: string,
  everyMs: number,
  { emit, logger }: RecurringContext,
  job: () => Promise<void>,
): Recurring {
  let timer: NodeJS.Timeout | undefined;
  let underWay: Promise<void> | undefined;
  let again = false;
  let stopped = false;

  const schedule = (ms: number): void => {
    if (stopped) return;
    clearTimeout(timer);
    timer = setTimeout(run, ms);
    timer.unref();
  };
  const run = (): void => {
    again = false;
    underWay = job()
      .catch((err: unknown) => {
        logger.warn({ err, job: name }, "a recurring job failed and will be tried again");
        if (WeirError.is(err, "storage-failed")) emit({ type: "storageFailed" });
      })
      .finally(() => {
        underWay = undefined;
        schedule(again ? 0 : everyMs);
      });
  };
  schedule(0);
  return {
    soon() {
      if (underWay === undefined) schedule(0);
      else again = true;
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await underWay;
    },
  };
}
