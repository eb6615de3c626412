import { WeirError } from "../../core/weirError.ts";
import { bufferedMs } from "../player/bufferedMs.ts";
import type { PlayerMedia } from "../player/bufferedMs.ts";
import type { PlayableViewer } from "../player/playableViewer.ts";
import { playerError } from "../player/playerError.ts";
import { parseRangeHeader } from "../player/rangeHeader.ts";
import type { Shaka, ShakaOperation, ShakaPlugin, ShakaResponse } from "./shakaTypes.ts";

/** Shaka takes no more than ten measurements a second. */
const PROGRESS_MS = 100;

/** Whose request it is. */
export interface Claim {
  readonly viewer: PlayableViewer;
  readonly media: () => PlayerMedia | null;
}

/** Answers a request of a player from its viewer, and only what is not played from elsewhere. */
export function viewerOperation(
  shaka: Shaka,
  { media, viewer }: Claim,
  call: Parameters<ShakaPlugin>,
): ShakaOperation<ShakaResponse> {
  const [uri, request, type, progressUpdated, headersReceived] = call;
  const { AbortableOperation, Error: ShakaError } = shaka.util;
  const { RequestType } = shaka.net.NetworkingEngine;
  const isPlayed = [RequestType.MANIFEST, RequestType.PLAYLIST, RequestType.SEGMENT].includes(type);
  if (!isPlayed && request.method !== "GET") return shaka.net.HttpFetchPlugin.parse(...call);
  const controller = new AbortController();
  const { signal } = controller;
  let other: ShakaOperation<ShakaResponse> | undefined;
  let isLate = false;
  let seen = 0;
  let reported = 0;
  let reportedAt = performance.now();

  function report(remaining: number): void {
    const now = performance.now();
    progressUpdated(now - reportedAt, reported, remaining);
    reported = 0;
    reportedAt = now;
  }

  function onProgress(received: number, size: number): void {
    if (signal.aborted) return;
    if (seen === 0) headersReceived({});
    // What is asked for elsewhere starts again. Both times it came over the network.
    reported += received < seen ? received : received - seen;
    seen = received;
    if (received < size && performance.now() - reportedAt > PROGRESS_MS) report(size - received);
  }

  async function load(): Promise<ShakaResponse> {
    const response = await viewer.fetch(uri, {
      ...{ signal, onProgress },
      range: parseRangeHeader(request.headers),
      within: bufferedMs(media()),
    });
    const data = await response.arrayBuffer();
    if (seen > 0) report(0);
    await request.streamDataCallback?.(data);
    const headers = Object.fromEntries(response.headers);
    return { uri, originalUri: uri, data, status: response.status, headers, originalRequest: request };
  }

  async function run(): Promise<ShakaResponse> {
    const { timeout } = request.retryParameters;
    const timer =
      timeout > 0
        ? setTimeout(() => {
            isLate = true;
            controller.abort();
          }, timeout)
        : undefined;
    try {
      return await load();
    } catch (error) {
      if (!signal.aborted && !isPlayed && WeirError.is(error, "path-not-canonical")) {
        other = shaka.net.HttpFetchPlugin.parse(...call);
        return await other.promise;
      }
      throw translated(error);
    } finally {
      clearTimeout(timer);
    }
  }

  function translated(error: unknown): Error {
    const { Category, Code, Severity } = ShakaError;
    if (signal.aborted) {
      const code = isLate ? Code.TIMEOUT : Code.OPERATION_ABORTED;
      return new ShakaError(Severity.RECOVERABLE, Category.NETWORK, code, uri, type);
    }
    const { status, text } = playerError(error);
    const severity = status >= 500 ? Severity.RECOVERABLE : Severity.CRITICAL;
    return new ShakaError(severity, Category.NETWORK, Code.BAD_HTTP_STATUS, uri, status, text, {}, type, uri);
  }

  return new AbortableOperation(run(), async () => {
    controller.abort();
    await other?.abort();
  });
}
