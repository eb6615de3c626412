import { once } from "node:events";
import type { ViewerFetchOptions } from "../../../../sdk/viewer/index.ts";
import type { PlayableViewer } from "../../../../sdk/viewer/player/playableViewer.ts";

/** One call of `Viewer.fetch`, which a test answers. */
export interface PlayerRequest {
  readonly reference: string;
  readonly options: ViewerFetchOptions;
  readonly answer: (response: Response) => void;
  refuse(error: unknown): void;
}

/** A viewer for the adapters to ask: what it is asked for waits until the test answers, or the player gives up. */
export interface PlayerViewer extends PlayableViewer {
  readonly requests: PlayerRequest[];
  /** The next request that comes, or that came and was not taken. */
  next(): Promise<PlayerRequest>;
}

/** A viewer that was asked for nothing yet. */
export function playerViewer(): PlayerViewer {
  const requests: PlayerRequest[] = [];
  const arrivals = new EventTarget();
  let taken = 0;
  return {
    requests,
    async next() {
      if (requests.length === taken) await once(arrivals, "request");
      return requests[taken++]!;
    },
    fetch: async (reference, options = {}) =>
      new Promise<Response>((resolve, reject) => {
        options.signal?.addEventListener("abort", () => {
          reject(options.signal?.reason as Error);
        });
        requests.push({ reference, options, answer: resolve, refuse: reject });
        arrivals.dispatchEvent(new Event("request"));
      }),
  };
}

/** An element that has played to `at` and has `seconds` more, from `from` on. */
export function mediaWith(at: number, from: number, seconds: number, playbackRate = 1): HTMLMediaElement {
  const buffered = { length: 1, start: () => from, end: () => at + seconds };
  return { buffered, currentTime: at, playbackRate } as Partial<HTMLMediaElement> as HTMLMediaElement;
}
