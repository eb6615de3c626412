/** Something that takes a while to read, and may be some seconds old. */
export interface Cached<Value> {
  /**
   * Reads it, unless what was read is younger than that. Several who ask at once wait for one reading; one that failed
   * is not kept.
   *
   * @param maxAgeMs milliseconds
   */
  readonly read: (maxAgeMs: number) => Promise<Value>;
}

/** Keeps the last reading. */
export function cached<Value>(load: () => Promise<Value>): Cached<Value> {
  let latest: Promise<Value> | undefined;
  let readAt = -Infinity;
  let isUnderWay = false;
  return {
    async read(maxAgeMs) {
      if (latest !== undefined && (isUnderWay || performance.now() - readAt < maxAgeMs)) return latest;
      isUnderWay = true;
      const reading = load().finally(() => {
        isUnderWay = false;
        readAt = performance.now();
      });
      latest = reading;
      reading.catch(() => {
        if (latest === reading) latest = undefined;
      });
      return reading;
    },
  };
}
