import { WeirError } from "../../core/weirError.ts";
import { bufferedMs } from "../player/bufferedMs.ts";
import type { PlayerMedia } from "../player/bufferedMs.ts";
import type { PlayableViewer } from "../player/playableViewer.ts";
import { playerError } from "../player/playerError.ts";
import { parseRangeHeader } from "../player/rangeHeader.ts";

/** What dash.js tells its loaders about a request, as far as it matters here. */
export interface DashRequest {
  readonly url: string;
  readonly method: string;
  readonly responseType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds; zero for none. */
  readonly timeout?: number;
  readonly customData: {
    readonly request: { readonly type: string | null };
    /** dash.js hears here how a request goes on, and takes these away when it wants to hear no more. */
    readonly onprogress?: ((event: DashProgress) => void) | undefined;
    readonly onloadend?: (() => void) | undefined;
    readonly onabort?: (() => void) | undefined;
    readonly ontimeout?: ((event: DashProgress) => void) | undefined;
    abort?: () => void;
  };
}

/** What dash.js measures by. */
export interface DashProgress {
  readonly lengthComputable: boolean;
  readonly loaded: number;
  readonly total: number;
}

/** Where dash.js finds the answer. */
export interface DashResponse {
  url?: string;
  status?: number;
  statusText?: string;
  headers?: Readonly<Record<string, string>>;
  data?: unknown;
}

/** A loader of dash.js. It has several requests under way at a time. */
export interface DashLoader {
  load(request: DashRequest, response: DashResponse): unknown;
  abort(request?: DashRequest): void;
  reset(): void;
  resetInitialSettings(): void;
}

/** Kinds of requests whose answers are played, or decide what is. They never come from anywhere but the viewer. */
const PLAYED: ReadonlySet<string> = new Set([
  ...["MPD", "XLinkExpansion", "InitializationSegment", "IndexSegment", "MediaSegment"],
  ...["BitstreamSwitchingSegment", "FragmentInfoSegment"],
]);

/**
 * What dash.js calls to make a loader, with its own loader as `this.parent`. It then replaces the functions of its own loader by
 * those that it gets.
 */
export function viewerLoader(
  viewer: PlayableViewer,
  media: PlayerMedia | undefined,
): (this: { readonly parent: DashLoader }) => DashLoader {
  return function () {
    const loadElsewhere = this.parent.load.bind(this.parent);
    const running = new Map<DashRequest, () => void>();

    function load(request: DashRequest, response: DashResponse): void {
      const isPlayed = PLAYED.has(request.customData.request.type ?? "");
      if (!isPlayed && request.method !== "GET") {
        loadElsewhere(request, response);
        return;
      }
      const { customData, timeout = 0 } = request;
      const controller = new AbortController();
      let progress: DashProgress = { lengthComputable: false, loaded: 0, total: 0 };
      const timer =
        timeout > 0
          ? setTimeout(() => {
              controller.abort();
              customData.ontimeout?.(progress);
              end();
            }, timeout)
          : undefined;

      function stop(): boolean {
        clearTimeout(timer);
        return running.delete(request);
      }

      /** Whoever hears first takes the answer, and a request without one is tried again. */
      function end(): void {
        if (stop()) customData.onloadend?.();
      }

      const abort = (): void => {
        if (!stop()) return;
        controller.abort();
        customData.onabort?.();
      };
      running.set(request, abort);
      customData.abort = abort;

      const answer = viewer
        .fetch(request.url, {
          signal: controller.signal,
          range: parseRangeHeader(request.headers ?? {}),
          within: bufferedMs(media),
          onProgress(received, size) {
            if (controller.signal.aborted) return;
            // What is asked for elsewhere starts again, but for dash.js a request only gets further.
            progress = { lengthComputable: true, loaded: Math.max(progress.loaded, received), total: size };
            customData.onprogress?.(progress);
          },
        })
        .then(async (found) => ({ found, data: await read(found, request.responseType) }));
      // What dash.js throws when it hears of the end is its own, so it must not end up in the branch for errors.
      void answer.then(
        ({ found, data }) => {
          if (controller.signal.aborted) return;
          Object.assign(response, { url: request.url, status: found.status, statusText: "OK", data });
          response.headers = Object.fromEntries(found.headers);
          end();
        },
        (error: unknown) => {
          if (controller.signal.aborted) return;
          if (!isPlayed && WeirError.is(error, "path-not-canonical")) {
            stop();
            loadElsewhere(request, response);
            return;
          }
          const { status, text } = playerError(error);
          Object.assign(response, { url: request.url, status, statusText: text });
          response.headers = {};
          end();
        },
      );
    }

    const abortAll = (): void => {
      for (const abort of running.values()) abort();
    };
    return {
      load,
      abort(request) {
        if (request === undefined) abortAll();
        else running.get(request)?.();
      },
      reset: abortAll,
      resetInitialSettings: abortAll,
    };
  };
}

async function read(response: Response, type: string | undefined): Promise<unknown> {
  if (type === "arraybuffer") return response.arrayBuffer();
  return type === "json" ? response.json() : response.text();
}
