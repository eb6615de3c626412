import { expect } from "chai";
import type { HlsConfig, Loader, LoaderConfiguration, LoaderContext, LoaderStats, RetryConfig } from "hls.js";
import { WeirError } from "../../../../sdk/core/index.ts";
import { hlsConfig } from "../../../../sdk/viewer/hls/index.ts";
import type { HlsViewerOptions } from "../../../../sdk/viewer/hls/index.ts";
import { mediaWith, playerViewer } from "./playerViewer.ts";
import type { PlayerViewer } from "./playerViewer.ts";

const URL = "https://relay.example/film/segment-0.m4s";
const RETRY: RetryConfig = { maxNumRetry: 2, retryDelayMs: 1, maxRetryDelayMs: 4 };
const PATIENT = { maxTimeToFirstByteMs: 10_000, maxLoadTimeMs: 20_000, timeoutRetry: null, errorRetry: null };

interface Loaded {
  readonly outcome: "success" | "error" | "timeout" | "abort";
  readonly data?: unknown;
  readonly code?: number | undefined;
  readonly text?: string;
  readonly stats: LoaderStats;
}

interface LoadChange extends HlsViewerOptions {
  readonly policy?: Partial<Record<keyof typeof PATIENT, number | RetryConfig | null>>;
  readonly kind?: "loader" | "fLoader" | "pLoader";
}

/** Loads by one of the three kinds of loader, and resolves with the one callback that is called. */
function load(
  viewer: PlayerViewer,
  context: Partial<LoaderContext> = {},
  { policy = {}, kind = "fLoader", ...options }: LoadChange = {},
): { loader: Loader<LoaderContext>; ended: Promise<Loaded>; calls: string[] } {
  const Class = hlsConfig(viewer, options)[kind];
  const loader = new Class({} as HlsConfig);
  const calls: string[] = [];
  const ended = new Promise<Loaded>((resolve) => {
    const end = (loaded: Loaded): void => {
      calls.push(loaded.outcome);
      resolve(loaded);
    };
    loader.load(
      // As hls.js calls it, whose enumeration of types exists at compile time alone.
      { url: URL, responseType: "arraybuffer", ...context } as LoaderContext,
      { loadPolicy: { ...PATIENT, ...policy } } as LoaderConfiguration,
      {
        onSuccess: ({ data, code }, stats) => {
          end({ outcome: "success", data, code, stats });
        },
        onError: ({ code, text }, _context, _details, stats) => {
          end({ outcome: "error", code, text, stats });
        },
        onTimeout: (stats) => {
          end({ outcome: "timeout", stats });
        },
        onAbort: (stats) => {
          end({ outcome: "abort", stats });
        },
        onProgress: () => calls.push("progress"),
      },
    );
  });
  return { loader, ended, calls };
}

describe("what hls.js loads through a viewer", () => {
  it("arrives with times and sizes by which hls.js judges the network", async () => {
    const viewer = playerViewer();
    const { ended, calls, loader } = load(viewer);
    const request = await viewer.next();
    expect(request.reference).to.equal(URL);
    expect(request.options.range).to.equal(undefined);
    expect(loader.stats.loading.first, "before the first byte").to.equal(0);
    request.options.onProgress!(40, 100);
    const { first } = loader.stats.loading;
    expect(first).to.be.greaterThan(0);
    expect([loader.stats.loaded, loader.stats.total]).to.deep.equal([40, 100]);
    request.options.onProgress!(90, 100);
    expect([loader.stats.loaded, loader.stats.loading.first]).to.deep.equal([90, first]);
    request.answer(new Response(new Uint8Array(100).fill(7)));
    const { outcome, data, stats, code } = await ended;
    expect([outcome, code, (data as ArrayBuffer).byteLength]).to.deep.equal(["success", 200, 100]);
    expect(calls).to.deep.equal(["progress", "success"]);
    expect([stats.loaded, stats.total, stats.aborted]).to.deep.equal([100, 100, false]);
    expect(stats.loading.end).to.be.at.least(first);
    expect(stats.bwEstimate).to.be.greaterThan(0);
    loader.destroy();
    expect(stats.aborted, "after its end").to.equal(false);
  });

  it("is text for playlists, and JSON for what asks for it", async () => {
    const viewer = playerViewer();
    const playlist = load(viewer, { responseType: "text" }, { kind: "pLoader" });
    (await viewer.next()).answer(new Response("#EXTM3U\n"));
    expect((await playlist.ended).data).to.equal("#EXTM3U\n");
    const steering = load(viewer, { responseType: "json" }, { kind: "loader" });
    (await viewer.next()).answer(new Response('{"VERSION":1}'));
    expect((await steering.ended).data).to.deep.equal({ VERSION: 1 });
  });

  it("is the part that hls.js wants, whose end it counts exclusively", async () => {
    const viewer = playerViewer();
    load(viewer, { rangeStart: 100, rangeEnd: 300 });
    expect((await viewer.next()).options.range).to.deep.equal({ first: 100, last: 299 });
  });

  it("is wanted within the time that the element can play", async () => {
    const viewer = playerViewer();
    const within = async (media?: HTMLMediaElement): Promise<number | undefined> => {
      load(viewer, {}, media && { media });
      return (await viewer.next()).options.within;
    };
    expect(await within()).to.equal(undefined);
    expect(await within(mediaWith(10, 4, 8))).to.equal(8_000);
    expect(await within(mediaWith(10, 4, 8, 2))).to.equal(4_000);
    expect(await within(mediaWith(0, 0.08, 5)), "a start a few frames late").to.equal(5_000);
    expect(await within(mediaWith(10, 11, 8)), "behind a gap").to.equal(0);
    expect(await within(mediaWith(10, 4, -2)), "after a seek").to.equal(0);
  });

  it("ends with an abort or the loader's end, once and quietly", async () => {
    const viewer = playerViewer();
    const first = load(viewer);
    const request = await viewer.next();
    first.loader.abort();
    expect((await first.ended).outcome).to.equal("abort");
    expect(request.options.signal!.aborted).to.equal(true);
    expect(first.loader.stats.aborted).to.equal(true);
    first.loader.destroy();
    const second = load(viewer);
    const { options } = await viewer.next();
    second.loader.destroy();
    expect(options.signal!.aborted).to.equal(true);
    await new Promise(setImmediate);
    expect([first.calls, second.calls]).to.deep.equal([["abort"], []]);
  });

  it("fails with a status by which hls.js tries again, or does not", async () => {
    const viewer = playerViewer();
    const codes = [
      "no-relay-left",
      "storage-failed",
      "budget-exhausted",
      "path-not-listed",
      "path-not-canonical",
    ] as const;
    const found = [];
    for (const code of codes) {
      const { ended } = load(viewer);
      (await viewer.next()).refuse(new WeirError(code));
      const loaded = await ended;
      found.push([loaded.outcome, loaded.code]);
      expect(loaded.text).to.match(new RegExp(`^${code}: `));
    }
    expect(found).to.deep.equal([503, 503, 402, 404, 400].map((status) => ["error", status]));
    const { ended } = load(viewer);
    (await viewer.next()).refuse(new DOMException("the viewer was closed", "AbortError"));
    expect((await ended).code, "nobody comes back from there").to.equal(410);
  });

  it("is asked for again as often as the policy says, and not after a refusal for good", async () => {
    const viewer = playerViewer();
    const again = load(viewer, {}, { policy: { errorRetry: RETRY }, kind: "pLoader" });
    for (let attempt = 0; attempt < 2; attempt++) (await viewer.next()).refuse(new WeirError("no-relay-left"));
    (await viewer.next()).answer(new Response("here"));
    const { outcome, stats } = await again.ended;
    expect([outcome, stats.retry]).to.deep.equal(["success", 2]);

    const enough = load(viewer, {}, { policy: { errorRetry: RETRY }, kind: "pLoader" });
    for (let attempt = 0; attempt < 3; attempt++) (await viewer.next()).refuse(new WeirError("no-relay-left"));
    expect((await enough.ended).outcome).to.equal("error");

    const broke = load(viewer, {}, { policy: { errorRetry: RETRY }, kind: "pLoader" });
    (await viewer.next()).refuse(new WeirError("budget-exhausted"));
    expect([(await broke.ended).code, broke.loader.stats.retry]).to.deep.equal([402, 0]);

    const own = { ...RETRY, shouldRetry: (_: unknown, count: number) => count === 0 };
    const asked = load(viewer, {}, { policy: { errorRetry: own }, kind: "pLoader" });
    for (let attempt = 0; attempt < 2; attempt++) (await viewer.next()).refuse(new WeirError("budget-exhausted"));
    expect((await asked.ended).outcome, "hls.js is asked whether").to.equal("error");
    expect(viewer.requests).to.have.length(9);
  });

  it("is given up when the first byte is late, and has longer from then on", async () => {
    const viewer = playerViewer();
    const late = load(viewer, {}, { policy: { maxTimeToFirstByteMs: 5 } });
    const request = await viewer.next();
    expect((await late.ended).outcome).to.equal("timeout");
    expect([request.options.signal!.aborted, late.loader.stats.aborted]).to.deep.equal([true, true]);

    const begun = load(viewer, {}, { policy: { maxTimeToFirstByteMs: 1_000, maxLoadTimeMs: 20 } });
    (await viewer.next()).options.onProgress!(1, 2);
    expect((await begun.ended).outcome).to.equal("timeout");

    const twice = load(viewer, {}, { policy: { maxTimeToFirstByteMs: 5, timeoutRetry: { ...RETRY, maxNumRetry: 1 } } });
    await viewer.next();
    await viewer.next();
    const { outcome, stats } = await twice.ended;
    expect([outcome, stats.retry]).to.deep.equal(["timeout", 1]);
  });

  it("comes from elsewhere if it is neither playlist nor segment, and not of the stream", async () => {
    const viewer = playerViewer();
    const elsewhere: string[] = [];
    const Other = class implements Loader<LoaderContext> {
      context: LoaderContext | null = null;
      stats = { aborted: false } as LoaderStats;
      load: Loader<LoaderContext>["load"] = (context, _config, { onSuccess }) => {
        elsewhere.push(context.url);
        onSuccess({ url: context.url, data: new ArrayBuffer(16), code: 200 }, this.stats, context, null);
      };
      abort(): void {
        elsewhere.push("aborted");
      }
      destroy(): void {
        elsewhere.push("destroyed");
      }
    };
    const key = load(viewer, { url: "https://keys.example/1" }, { kind: "loader", elsewhere: Other });
    (await viewer.next()).refuse(new WeirError("path-not-canonical"));
    expect((await key.ended).outcome).to.equal("success");
    key.loader.abort();
    key.loader.destroy();
    expect(elsewhere).to.deep.equal(["https://keys.example/1", "aborted", "destroyed"]);
    for (const kind of ["fLoader", "pLoader"] as const) {
      const media = load(viewer, { url: "https://ads.example/1.ts" }, { kind, elsewhere: Other });
      (await viewer.next()).refuse(new WeirError("path-not-canonical"));
      expect((await media.ended).outcome, kind).to.equal("error");
    }
    expect(elsewhere).to.have.length(3);
  });
});
