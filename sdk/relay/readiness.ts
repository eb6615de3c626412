import { WeirError } from "../core/index.ts";
import type { ChainHealth } from "./chainHealth.ts";
import type { Clock } from "./clock.ts";
import type { Logger } from "./logger.ts";
import type { ServedStream } from "./media/servedStream.ts";
import type { RelayStore } from "./store/relayStore.ts";

/** What a relay needs to serve. */
export type ReadinessCheckName = "store" | "chain" | "contracts" | "streams";

/** How one check of a relay came out. */
export interface ReadinessCheck {
  readonly name: ReadinessCheckName;
  readonly ok: boolean;
  /** What was found, in a sentence without secrets. */
  readonly found: string;
  /** What to do; absent if all is well. */
  readonly cure?: string;
}

/** Whether a relay can serve viewers and keep what they pay. */
export interface Readiness {
  readonly ready: boolean;
  readonly checks: readonly ReadinessCheck[];
}

/** What the readiness of a relay is made from. */
export interface ReadinessContext {
  readonly store: RelayStore;
  readonly chainHealth: ChainHealth;
  readonly streams: readonly ServedStream[];
  readonly clock: Clock;
  readonly logger: Logger;
  /** Milliseconds between two looks at the chain. */
  readonly watchMs: number;
}

/** Under which name the store is written to, to see whether it can be. */
const MARK = "ready at";

/** Milliseconds for which an answer holds, so that whoever asks often costs no more than whoever asks now and then. */
const FRESH_MS = 1_000;

/** Milliseconds that a check may take: whoever asks has a time limit of his own. */
const CHECK_MS = 5_000;

/** Seconds without a look at the chain after which it counts as lost; at least four looks. */
const LOST_SECONDS = 30;

/** Looks whether a relay is ready. Several who ask at once get one answer. */
export function openReadiness(context: ReadinessContext): () => Promise<Readiness> {
  let latest: Promise<Readiness> | undefined;
  let takenAt = -Infinity;
  return async () => {
    if (latest === undefined || performance.now() - takenAt >= FRESH_MS) {
      takenAt = performance.now();
      latest = look(context);
    }
    return latest;
  };
}

/** The readiness of a relay that is not started. */
export const notStarted: Readiness = {
  ready: false,
  checks: [
    {
      name: "contracts",
      ok: false,
      found: "the relay is not started, or is stopping",
      cure: "Wait, or look into its log.",
    },
  ],
};

async function look(context: ReadinessContext): Promise<Readiness> {
  const checks = [
    await storeCheck(context),
    chainCheck(context),
    // `start` does not end well otherwise, and contracts do not change.
    { name: "contracts", ok: true, found: "verified when the relay started" } as const,
    await streamsCheck(context),
  ];
  return { ready: checks.every(({ ok }) => ok), checks };
}

async function storeCheck({ store, clock, logger }: ReadinessContext): Promise<ReadinessCheck> {
  const name = "store";
  try {
    await within(CHECK_MS, async () => store.raise(MARK, BigInt(clock())));
    return { name, ok: true, found: "a write came through" };
  } catch (err) {
    logger.warn({ err }, "the store cannot be written");
    const cure = "Look at the disk's free space and at who else uses the database; nothing acknowledged is lost.";
    return { name, ok: false, found: "a write did not come through", cure };
  }
}

function chainCheck({ chainHealth, clock, watchMs }: ReadinessContext): ReadinessCheck {
  const name = "chain";
  const cure = "Check the RPC endpoints: weir relay doctor";
  const seenAt = chainHealth.seenAt();
  if (seenAt === undefined) return { name, ok: false, found: "it was not seen yet", cure };
  const ago = Math.max(0, clock() - seenAt);
  const found = `last seen ${ago} s ago`;
  const isSeen = ago <= Math.max(LOST_SECONDS, (4 * watchMs) / 1_000);
  return isSeen ? { name, ok: true, found } : { name, ok: false, found, cure };
}

/** One stream that can be served is enough: the others' viewers are told by themselves. */
async function streamsCheck({ streams }: ReadinessContext): Promise<ReadinessCheck> {
  const name = "streams";
  const outcomes = await Promise.allSettled(streams.map(async (stream) => within(CHECK_MS, stream.catalogue)));
  const missing = outcomes.flatMap((outcome, i) => {
    if (outcome.status === "fulfilled") return [];
    const reason: unknown = outcome.reason;
    return [`${streams[i]?.config.path ?? ""} (${WeirError.is(reason) ? reason.code : "no answer in time"})`];
  });
  const ok = missing.length < outcomes.length;
  const found = `${outcomes.length - missing.length} of ${outcomes.length} have a manifest`;
  if (missing.length === 0) return { name, ok, found };
  const cure = `Check the origin of ${missing.join(", ")}, and publish it again if its manifest has expired.`;
  return { name, ok, found, cure };
}

async function within<Result>(ms: number, work: () => Promise<Result>): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new WeirError("internal", `no answer within ${ms} ms`));
  }, ms).unref();
  try {
    return await Promise.race([work(), promise]);
  } finally {
    clearTimeout(timer);
  }
}
