/** Time as the viewer sees it; tests bring their own. */
export interface Clock {
  /** Milliseconds since the epoch. Must not run backwards. */
  now(): number;
  /** Resolves after so many milliseconds; rejects with the signal's reason when that comes first. */
  wait(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** The clock of the runtime, unmoved by corrections of the wall clock. */
export const systemClock: Clock = /* @__PURE__ */ runtimeClock(() => undefined);

/** The same, but in Node.js nothing that waits by it keeps the process alive. */
export const backgroundClock: Clock = /* @__PURE__ */ runtimeClock((timer) => {
  // In a browser a timer is a number.
  if (typeof timer === "object") timer.unref();
});

function runtimeClock(onTimer: (timer: ReturnType<typeof setTimeout>) => void): Clock {
  return {
    now: () => performance.timeOrigin + performance.now(),
    wait: async (milliseconds, signal) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const elapsed = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, milliseconds);
        onTimer(timer);
      });
      try {
        await untilAborted(elapsed, signal);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/**
 * A promise that a signal can end. What `promise` does afterwards is ignored.
 *
 * @throws the signal's reason, as `fetch` does
 */
export async function untilAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/**
 * Runs something with a time limit. The signal that `run` gets ends with the caller's or when time is up.
 *
 * @throws the caller's abort reason; a `TimeoutError` when time is up; otherwise what `run` throws
 */
export async function withTimeout<Value>(
  clock: Clock,
  milliseconds: number,
  signal: AbortSignal,
  run: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  const done = new AbortController();
  const timeout = new AbortController();
  clock.wait(milliseconds, done.signal).then(
    () => {
      timeout.abort(new DOMException(`no answer in ${milliseconds} ms`, "TimeoutError"));
    },
    () => undefined, // The run ended first.
  );
  const either = AbortSignal.any([signal, timeout.signal]);
  try {
    return await untilAborted(run(either), either);
  } finally {
    done.abort();
  }
}
