import { systemClock } from "../clock.ts";
import type { Clock } from "../clock.ts";
import type { Viewer } from "../createViewer.ts";
import { listeners } from "../listeners.ts";
import type { Swarm, SwarmStatus } from "../p2p/joinSwarm.ts";
import type { RelayStatus } from "../relayLink.ts";
import { downloadSpeed } from "./downloadSpeed.ts";
import { loadedTime } from "./loadedTime.ts";
import type { MeteredMedia } from "./loadedTime.ts";

/** What watching costs and brings, at one moment. Amounts are token base units; sizes are bytes. */
export interface MeterReading {
  /**
   * Owed for everything that was verified, `spentBefore` included, and never more than the budget: what relays deliver on credit
   * beyond it is theirs to lose.
   */
  readonly spent: bigint;
  /**
   * What an hour costs, by the last minute: an hour of video at the quality that was loaded, or an hour by the clock if the
   * meter was given no media. Undefined for the first seconds.
   */
  readonly perHour: bigint | undefined;
  readonly budget: bigint;
  /** Of the budget; never below zero. */
  readonly left: bigint;
  readonly verifiedBytes: bigint;
  /** Came and was not what the publisher signed. Neither played nor paid. */
  readonly refusedBytes: bigint;
  /** Verified bytes per second lately, of all relays together, leaving out the time in which nothing was asked for. */
  readonly throughput: number;
  /** Each with its `share`, `spent` and `throughput`. */
  readonly relays: readonly RelayStatus[];
  /** Of the swarm, with its `offload`; undefined without one. */
  readonly swarm: SwarmStatus | undefined;
}

/** A reading that follows a viewer. It is a store as React (`useSyncExternalStore`) and Svelte know them. */
export interface Meter {
  /** The reading. The very same object as before if nothing has changed. */
  readonly snapshot: () => MeterReading;
  /**
   * Tells the reading at once, and again whenever it has changed. The meter measures only while somebody listens, and lets go
   * of the viewer with the last one.
   *
   * @returns a function that ends it
   */
  readonly subscribe: (listener: (reading: MeterReading) => void) => () => void;
}

/** What a meter may be told. */
export interface MeterOptions {
  /** What plays. With it `perHour` is that of the video; without, that of the clock, which jumps when a player loads ahead. */
  readonly media?: MeteredMedia;
  /** Token base units that were spent before on what is shown together; `(await session.balance()).spent` for a session. */
  readonly spentBefore?: bigint;
  /** What the viewer shares segments in. */
  readonly swarm?: Pick<Swarm, "status">;
  /** Milliseconds between readings; 500 if left out. */
  readonly every?: number;
  readonly clock?: Clock;
}

/** A moment in which so much was spent after so many seconds. */
interface Mark {
  readonly seconds: number;
  readonly spent: bigint;
}

const EVERY_MS = 500;
/** Seconds that the rate looks back on, and the fewest that it is made of. */
const LOOK_BACK = 60;
const LEAST = 5;
const MS_PER_HOUR = 3_600_000n;

/**
 * Shows what a viewer costs and who delivers: one reading for a page to show. It reads what the viewer itself counted, and asks
 * no server.
 *
 * @example
 * const { subscribe } = meter(viewer, { media: video });
 * subscribe(({ spent, perHour, relays }) => show(spent, perHour, relays));
 */
export function meter(viewer: Pick<Viewer, "on" | "status">, options: MeterOptions = {}): Meter {
  const { clock = systemClock, every = EVERY_MS, media, spentBefore = 0n, swarm } = options;
  const changes = listeners<MeterReading>();
  const speed = downloadSpeed();
  const began = clock.now();
  const seconds = media ? loadedTime(media) : (): number => (clock.now() - began) / 1_000;
  let marks: readonly Mark[] = [{ seconds: 0, spent: viewer.status().spent }];
  let shown: { readonly text: string; readonly reading: MeterReading } | undefined;
  let listening = 0;
  let measuring: AbortController | undefined;

  function rate(spent: bigint): bigint | undefined {
    const now = { seconds: seconds(), spent };
    // While nothing is loaded the first mark of that moment counts: what is spent then is for what is about to be loaded.
    const kept = marks.length > 1 && marks.at(-1)?.seconds === now.seconds ? marks.slice(0, -1) : marks;
    // The last one that is a whole minute back stays: everything after it is the minute.
    const oldest = kept.findLastIndex((mark) => mark.seconds <= now.seconds - LOOK_BACK);
    marks = [...kept.slice(Math.max(0, oldest)), now];
    const [first = now] = marks;
    const passed = now.seconds - first.seconds;
    return passed < LEAST ? undefined : ((spent - first.spent) * MS_PER_HOUR) / BigInt(Math.round(passed * 1_000));
  }

  function take(): MeterReading {
    const status = viewer.status();
    const { budget, refusedBytes, relays, verifiedBytes } = status;
    const owed = spentBefore + status.spent;
    const spent = owed < budget ? owed : budget;
    const reading: MeterReading = {
      ...{ spent, budget, verifiedBytes, refusedBytes, relays },
      perHour: rate(status.spent),
      left: budget - spent,
      throughput: speed.rate(clock.now()),
      swarm: swarm?.status(),
    };
    const text = JSON.stringify(reading, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value));
    if (shown?.text !== text) shown = { text, reading };
    return shown.reading;
  }

  async function measure(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const before = shown?.reading;
      const reading = take();
      if (reading !== before) changes.emit(reading);
      // It rejects only when nobody listens any more.
      await clock.wait(every, signal).catch(() => undefined);
    }
  }

  function begin(): AbortController {
    const life = new AbortController();
    const unhear = viewer.on((event) => {
      if (event.type === "verified") speed.arrived(event.bytes, event.milliseconds, clock.now());
    });
    life.signal.addEventListener("abort", unhear);
    void measure(life.signal);
    return life;
  }

  return {
    snapshot: () => (measuring === undefined ? take() : (shown?.reading ?? take())),
    subscribe(listener) {
      measuring ??= begin();
      listener(shown?.reading ?? take());
      const end = changes.on(listener);
      listening += 1;
      let isOver = false;
      return () => {
        if (isOver) return;
        isOver = true;
        end();
        listening -= 1;
        if (listening > 0) return;
        measuring?.abort();
        measuring = undefined;
      };
    },
  };
}
