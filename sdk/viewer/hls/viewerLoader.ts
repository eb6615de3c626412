import type {
  HlsConfig,
  Loader,
  LoaderCallbacks,
  LoaderConfiguration,
  LoaderContext,
  LoaderResponse,
  LoaderStats,
  RetryConfig,
} from "hls.js";
import { WeirError } from "../../core/weirError.ts";
import { bufferedMs } from "../player/bufferedMs.ts";
import type { PlayerMedia } from "../player/bufferedMs.ts";
import type { PlayableViewer } from "../player/playableViewer.ts";
import { playerError } from "../player/playerError.ts";

/** A class of loaders as hls.js makes them: one loader for each request, for requests of any kind. */
export type HlsLoaderClass = new <Context extends LoaderContext>(config: HlsConfig) => Loader<Context>;

/** How a request ended without an answer. */
type LoadFailure = "error" | "timeout";

/**
 * Loaders that ask a viewer.
 *
 * @param elsewhere for what is not in the stream's directory; such requests fail without it
 */
export function viewerLoader(
  viewer: PlayableViewer,
  media: PlayerMedia | undefined,
  elsewhere?: HlsConfig["loader"],
): HlsLoaderClass {
  return class ViewerLoader<Context extends LoaderContext> implements Loader<Context> {
    context: Context | null = null;
    stats: LoaderStats = newStats();
    readonly #config: HlsConfig;
    #callbacks: LoaderCallbacks<Context> | undefined;
    #attempt = new AbortController();
    #timer: ReturnType<typeof setTimeout> | undefined;
    #other: Loader<LoaderContext> | undefined;

    constructor(config: HlsConfig) {
      this.#config = config;
    }

    load(context: Context, config: LoaderConfiguration, callbacks: LoaderCallbacks<Context>): void {
      this.context = context;
      this.#callbacks = callbacks;
      this.stats.loading.start = performance.now();
      this.#begin(context, config);
    }

    abort(): void {
      const { context } = this;
      if (this.#other !== undefined) {
        this.#other.abort();
        return;
      }
      this.#end();
      if (context !== null) this.#callbacks?.onAbort?.(this.stats, context, null);
    }

    destroy(): void {
      this.#callbacks = undefined;
      this.context = null;
      if (this.#other === undefined) this.#end();
      else this.#other.destroy();
    }

    /** Nothing comes from a cache: the viewer asks relays for the bytes each time. */
    getCacheAge(): number | null {
      return this.#other?.getCacheAge?.() ?? null;
    }

    getResponseHeader(name: string): string | null {
      return this.#other?.getResponseHeader?.(name) ?? null;
    }

    #begin(context: Context, config: LoaderConfiguration): void {
      const { stats } = this;
      const attempt = new AbortController();
      this.#attempt = attempt;
      stats.loading.first = 0;
      stats.loaded = 0;
      stats.aborted = false;
      const { maxLoadTimeMs, maxTimeToFirstByteMs } = config.loadPolicy;
      const first = Number.isFinite(maxTimeToFirstByteMs) && maxTimeToFirstByteMs > 0;
      this.#limit(first ? maxTimeToFirstByteMs : maxLoadTimeMs, context, config);
      const onProgress = (received: number, size: number): void => {
        if (attempt.signal.aborted) return;
        if (stats.loading.first === 0) {
          stats.loading.first = performance.now();
          if (first) this.#limit(maxLoadTimeMs - (stats.loading.first - stats.loading.start), context, config);
        }
        stats.loaded = received;
        stats.total = size;
      };
      const { signal } = attempt;
      const answer = viewer
        .fetch(context.url, { signal, range: rangeOf(context), within: bufferedMs(media), onProgress })
        .then(async (response) => [await read(response, context.responseType), response.status] as const);
      // What hls.js throws in its callbacks is its own, so it must not end up in the branch for errors.
      void answer.then(
        ([data, code]) => {
          if (!signal.aborted) this.#succeed(data, code, context);
        },
        (error: unknown) => {
          if (signal.aborted) return;
          if (elsewhere !== undefined && WeirError.is(error, "path-not-canonical"))
            this.#goElsewhere(elsewhere, context, config);
          else this.#fail("error", error, context, config);
        },
      );
    }

    /** Aborts are quiet: whoever asked for one knows. */
    #end(): void {
      clearTimeout(this.#timer);
      if (this.stats.loading.end === 0 && !this.#attempt.signal.aborted) this.stats.aborted = true;
      this.#attempt.abort();
    }

    #limit(milliseconds: number, context: Context, config: LoaderConfiguration): void {
      clearTimeout(this.#timer);
      // Longer than a timer can run is never.
      if (milliseconds > 0x7fffffff) return;
      this.#timer = setTimeout(() => {
        this.#fail("timeout", undefined, context, config);
      }, milliseconds);
    }

    #succeed(data: string | ArrayBuffer | object, code: number, context: Context): void {
      const { stats } = this;
      const { loading } = stats;
      clearTimeout(this.#timer);
      loading.end = performance.now();
      if (loading.first === 0) loading.first = loading.end;
      const length = data instanceof ArrayBuffer ? data.byteLength : typeof data === "string" ? data.length : 0;
      stats.loaded = stats.total = length;
      stats.bwEstimate = (length * 8_000) / Math.max(1, loading.end - loading.first);
      const response: LoaderResponse = { url: context.url, data, code };
      const callbacks = this.#callbacks;
      // A player that takes data piece by piece gets it here, and in one piece: nothing is verified before everything is.
      if (data instanceof ArrayBuffer) callbacks?.onProgress?.(stats, context, data, null);
      callbacks?.onSuccess(response, stats, context, null);
    }

    /** Tries again as hls.js's own loaders do, or tells hls.js. */
    #fail(failure: LoadFailure, reason: unknown, context: Context, config: LoaderConfiguration): void {
      const { stats } = this;
      clearTimeout(this.#timer);
      stats.aborted = failure === "timeout";
      this.#attempt.abort();
      const { status, text } = playerError(reason);
      const { errorRetry, timeoutRetry } = config.loadPolicy;
      const retry = failure === "timeout" ? timeoutRetry : errorRetry;
      if (retry !== null && isWorthRetrying(retry, stats.retry, failure, { url: context.url, code: status })) {
        this.#timer = setTimeout(
          () => {
            this.#begin(context, config);
          },
          retryDelay(retry, stats.retry),
        );
        stats.retry += 1;
        return;
      }
      if (failure === "timeout") this.#callbacks?.onTimeout(stats, context, null);
      else this.#callbacks?.onError({ code: status, text }, context, null, stats);
    }

    #goElsewhere(other: HlsConfig["loader"], context: Context, config: LoaderConfiguration): void {
      clearTimeout(this.#timer);
      this.#other = new other(this.#config);
      this.stats = this.#other.stats;
      // The callbacks get back the very context that goes in.
      this.#other.load(context, config, this.#callbacks as unknown as LoaderCallbacks<LoaderContext>);
    }
  };
}

function newStats(): LoaderStats {
  return {
    aborted: false,
    loaded: 0,
    retry: 0,
    total: 0,
    chunkCount: 0,
    bwEstimate: 0,
    loading: { start: 0, first: 0, end: 0 },
    parsing: { start: 0, end: 0 },
    buffering: { start: 0, first: 0, end: 0 },
  };
}

/** hls.js counts the end of a range exclusively, and a range that ends at zero is none. */
function rangeOf({ rangeStart = 0, rangeEnd = 0 }: LoaderContext): { first: number; last: number } | undefined {
  return rangeEnd > 0 ? { first: rangeStart, last: rangeEnd - 1 } : undefined;
}

async function read(response: Response, type: string): Promise<string | ArrayBuffer | object> {
  if (type === "arraybuffer") return response.arrayBuffer();
  return type === "json" ? ((await response.json()) as object) : response.text();
}

function isWorthRetrying(retry: RetryConfig, count: number, failure: LoadFailure, response: LoaderResponse): boolean {
  const isTimeout = failure === "timeout";
  const { code = 0 } = response;
  const may = count < retry.maxNumRetry && (isTimeout || code >= 500);
  return retry.shouldRetry?.(retry, count, isTimeout, response, may) ?? may;
}

function retryDelay({ backoff, maxRetryDelayMs, retryDelayMs }: RetryConfig, count: number): number {
  return Math.min(maxRetryDelayMs, retryDelayMs * (backoff === "linear" ? 1 : 2 ** count));
}
