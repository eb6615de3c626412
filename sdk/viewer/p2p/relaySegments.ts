import type { Viewer } from "../createViewer.ts";
import { readSegmentKey } from "./segmentKey.ts";

/** Whole segments from relays, for p2p-media-loader. */
export interface RelaySegments {
  /**
   * Gets a segment whole, verified and paid for.
   *
   * @returns a request that finds it in memory: `fetch` is the only way in which p2p-media-loader takes anything
   * @throws as `Viewer.fetch`
   */
  request(key: string, signal: AbortSignal): Promise<Request>;
  /** Forgets a segment once it was taken over. @returns whether it was there to be taken */
  taken(key: string): boolean;
  /** Ends what is under way. */
  end(): void;
}

/** So many segments that p2p-media-loader gave up are gone on with, or kept: as many as it loads at a time. */
const MAX_UNWANTED = 2;

/** A segment that is paid for when it arrives. */
interface Download {
  readonly bytes: Promise<Blob>;
  readonly controller: AbortController;
}

/**
 * p2p-media-loader would continue over HTTP where a peer left off. A relay meters, and a manifest lists, whole segments alone:
 * so what a peer began is begun again here, and an answer with status 200 makes p2p-media-loader drop the peer's bytes.
 *
 * When another segment becomes more urgent, p2p-media-loader gives up what it is loading, and asks for it again a moment later.
 * A viewer may finish and pay for what is given up, so that it would pay twice: here it goes on, and is there when it is asked
 * for again.
 *
 * @param within milliseconds that the player can wait
 */
export function relaySegments(viewer: Pick<Viewer, "fetch">, within: () => number | undefined): RelaySegments {
  /** What was asked for and not taken over yet. */
  const downloads = new Map<string, Download>();
  /** Those of them that nobody waits for, the longest first. */
  const unwanted = new Set<string>();
  /** Addresses of those that arrived and are waited for. */
  const held = new Map<string, { readonly address: string; readonly signal: AbortSignal }>();

  function begin(key: string): Download {
    const { url, range } = readSegmentKey(key);
    const controller = new AbortController();
    const bytes = viewer
      .fetch(url, { signal: controller.signal, range, within: within() })
      .then(async (response) => response.blob());
    const download = { bytes, controller };
    downloads.set(key, download);
    bytes.catch(() => {
      if (downloads.get(key) === download) forget(key);
    });
    return download;
  }

  function forget(key: string): void {
    downloads.get(key)?.controller.abort();
    downloads.delete(key);
    unwanted.delete(key);
  }

  function giveUp(key: string): void {
    if (!downloads.has(key)) return;
    unwanted.add(key);
    const [oldest] = unwanted;
    if (unwanted.size > MAX_UNWANTED && oldest !== undefined) forget(oldest);
  }

  function release(key: string): boolean {
    const found = held.get(key);
    if (found === undefined) return false;
    URL.revokeObjectURL(found.address);
    return held.delete(key);
  }

  return {
    async request(key, signal) {
      signal.throwIfAborted();
      const download = downloads.get(key) ?? begin(key);
      unwanted.delete(key);
      const aborted = new Promise<never>((_, reject) => {
        signal.addEventListener(
          "abort",
          () => {
            // A later request for the same segment may have taken its place.
            if ((held.get(key)?.signal ?? signal) === signal) {
              release(key);
              giveUp(key);
            }
            reject(signal.reason as Error);
          },
          { once: true },
        );
      });
      aborted.catch(() => undefined); // It may come when nobody waits any more.
      const bytes = await Promise.race([download.bytes, aborted]);
      release(key);
      const address = URL.createObjectURL(bytes);
      held.set(key, { address, signal });
      return new Request(address, { signal });
    },
    taken(key) {
      if (!release(key)) return false;
      forget(key);
      return true;
    },
    end() {
      for (const key of [...downloads.keys()]) forget(key);
    },
  };
}
