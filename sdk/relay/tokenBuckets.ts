import { LRUCache } from "lru-cache";

/** How fast something may happen, for each of many. */
export interface TokenBucketsOptions {
  /** How often it may happen in the long run. */
  readonly perSecond: number;
  /** How often it may happen at once, after a rest. */
  readonly burst: number;
  /** How many are remembered. Whoever is forgotten has rested longest, and starts with a full bucket. */
  readonly most: number;
  /** Milliseconds that never go back; those of this process if left out. */
  readonly now?: () => number;
}

/** A bucket of tokens for each key. */
export interface TokenBuckets {
  /**
   * Takes a token of a key's bucket.
   *
   * @returns whole seconds to wait until there is one; 0 if it was taken
   */
  readonly take: (key: string) => number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** Full buckets. */
export function tokenBuckets(options: TokenBucketsOptions): TokenBuckets {
  const { perSecond, burst, most, now = () => performance.now() } = options;
  const buckets = new LRUCache<string, Bucket>({ max: most });
  return {
    take(key) {
      const time = now();
      let bucket = buckets.get(key);
      if (bucket === undefined) buckets.set(key, (bucket = { tokens: burst, at: time }));
      bucket.tokens = Math.min(burst, bucket.tokens + ((time - bucket.at) / 1_000) * perSecond);
      bucket.at = time;
      if (bucket.tokens < 1) return Math.ceil((1 - bucket.tokens) / perSecond);
      bucket.tokens -= 1;
      return 0;
    },
  };
}
