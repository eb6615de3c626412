import { expect } from "chai";
import { WeirError } from "../../../../sdk/core/index.ts";
import { connectShaka } from "../../../../sdk/viewer/shaka/index.ts";
import type { Shaka, ShakaPlayer } from "../../../../sdk/viewer/shaka/index.ts";
import type {
  ShakaEngine,
  ShakaFilter,
  ShakaOperation,
  ShakaPlugin,
  ShakaRequest,
  ShakaResponse,
} from "../../../../sdk/viewer/shaka/shakaTypes.ts";
import { mediaWith, playerViewer } from "./playerViewer.ts";

const URL = "https://relay.example/film/segment-0-1.m4s";
/** The numbers are Shaka's own. */
const TYPES = { MANIFEST: 0, SEGMENT: 1, PLAYLIST: 12 };
const KEY = 6;
const BAD_HTTP_STATUS = 1_001;
const TIMEOUT = 1_003;
const OPERATION_ABORTED = 7_001;

class ShakaError extends Error {
  static readonly Severity = { RECOVERABLE: 1, CRITICAL: 2 };
  static readonly Category = { NETWORK: 1 };
  static readonly Code = { BAD_HTTP_STATUS, OPERATION_ABORTED, TIMEOUT };
  readonly severity: number;
  readonly code: number;
  readonly data: readonly unknown[];

  constructor(severity: number, _category: number, code: number, ...data: unknown[]) {
    super(`Shaka ${code}`);
    this.severity = severity;
    this.code = code;
    this.data = data;
  }
}

class Operation<Value> implements ShakaOperation<Value> {
  readonly promise: Promise<Value>;
  readonly abort: () => Promise<void>;

  constructor(promise: Promise<Value>, onAbort: () => Promise<void>) {
    this.promise = promise;
    this.abort = onAbort;
  }
}

/** Shaka as far as it is used: one list of plug-ins for all players, and a list of filters for each. */
function fakeShaka(): { shaka: Shaka; schemes: Map<string, ShakaPlugin>; plain: string[] } {
  const schemes = new Map<string, ShakaPlugin>();
  const plain: string[] = [];
  const shaka: Shaka = {
    net: {
      HttpFetchPlugin: {
        parse(uri, request) {
          plain.push(uri);
          const response: ShakaResponse = {
            uri,
            originalUri: uri,
            data: new ArrayBuffer(1),
            headers: {},
            originalRequest: request,
          };
          return new Operation(Promise.resolve(response), async () => Promise.resolve());
        },
      },
      NetworkingEngine: {
        RequestType: TYPES,
        registerScheme: (scheme, plugin) => schemes.set(scheme, plugin),
      },
    },
    util: { AbortableOperation: Operation, Error: ShakaError },
  };
  return { shaka, schemes, plain };
}

interface Player extends ShakaPlayer {
  request(type: number, change?: Partial<ShakaRequest>, uri?: string): Loading;
}

interface Loading {
  readonly operation: ShakaOperation<ShakaResponse>;
  readonly progress: (readonly [bytes: number, remaining: number])[];
  readonly times: number[];
  readonly headers: Record<string, string>[];
}

/** A player that makes requests as Shaka's do. */
function fakePlayer(schemes: Map<string, ShakaPlugin>, media = mediaWith(0, 0, 3)): Player {
  const filters = new Set<ShakaFilter>();
  const engine: ShakaEngine = {
    registerRequestFilter: (filter) => filters.add(filter),
    unregisterRequestFilter: (filter) => filters.delete(filter),
  };
  return {
    getMediaElement: () => media,
    getNetworkingEngine: () => engine,
    request(type, change = {}, uri = URL) {
      const request = {
        method: "GET",
        headers: {},
        retryParameters: { timeout: 0 },
        streamDataCallback: null,
        ...change,
      };
      for (const filter of filters) filter(type, request);
      const [progress, times, headers]: [[number, number][], number[], Record<string, string>[]] = [[], [], []];
      const onProgress = (time: number, bytes: number, remaining: number): void => {
        times.push(time);
        progress.push([bytes, remaining]);
      };
      const operation = schemes.get("https")!(uri, request, type, onProgress, (each) => headers.push(each), {});
      return { operation, progress, times, headers };
    },
  };
}

async function failureOf({ operation }: Loading): Promise<ShakaError> {
  const outcome = await operation.promise.catch((error: unknown) => error);
  expect(outcome).to.be.instanceOf(ShakaError);
  return outcome as ShakaError;
}

describe("what Shaka Player loads through a viewer", () => {
  it("arrives with the progress by which Shaka judges the network", async () => {
    const { shaka, schemes } = fakeShaka();
    const player = fakePlayer(schemes);
    const viewer = playerViewer();
    connectShaka(shaka, player, viewer);
    const streamed: ArrayBuffer[] = [];
    const streamDataCallback = async (data: ArrayBuffer): Promise<void> => {
      streamed.push(data);
      return Promise.resolve();
    };
    const { headers, operation, progress, times } = player.request(TYPES.SEGMENT, {
      streamDataCallback,
      headers: { Range: "bytes=10-109" },
    });
    const { answer, options, reference } = await viewer.next();
    expect([reference, options.range, options.within]).to.deep.equal([URL, { first: 10, last: 109 }, 3_000]);
    options.onProgress!(60, 100);
    options.onProgress!(20, 100);
    options.onProgress!(100, 100);
    answer(new Response(new Uint8Array(100), { headers: { "content-type": "video/mp4" } }));
    const response = await operation.promise;
    expect([response.uri, response.status, response.data.byteLength]).to.deep.equal([URL, 200, 100]);
    expect(headers, "the first byte is told once").to.deep.equal([{}]);
    // Sixty bytes, then all hundred from another relay: all of it came over the network.
    expect(progress.reduce((sum, [bytes]) => sum + bytes, 0)).to.equal(160);
    expect(progress.at(-1)![1]).to.equal(0);
    expect(times.every((time) => time >= 0)).to.equal(true);
    expect(streamed.map(({ byteLength }) => byteLength)).to.deep.equal([100]);
  });

  it("fails for good or for now, in Shaka's own words", async () => {
    const { shaka, schemes, plain } = fakeShaka();
    const player = fakePlayer(schemes);
    const viewer = playerViewer();
    connectShaka(shaka, player, viewer);
    for (const [code, status, severity] of [
      ["no-relay-left", 503, ShakaError.Severity.RECOVERABLE],
      ["budget-exhausted", 402, ShakaError.Severity.CRITICAL],
      ["path-not-canonical", 400, ShakaError.Severity.CRITICAL],
    ] as const) {
      const loading = player.request(TYPES.SEGMENT);
      (await viewer.next()).refuse(new WeirError(code));
      const error = await failureOf(loading);
      expect([error.code, error.severity, error.data[1]]).to.deep.equal([BAD_HTTP_STATUS, severity, status]);
    }
    expect(plain, "nothing that is played comes from elsewhere").to.deep.equal([]);
  });

  it("ends with an abort, or when time is up", async () => {
    const { shaka, schemes } = fakeShaka();
    const player = fakePlayer(schemes);
    const viewer = playerViewer();
    connectShaka(shaka, player, viewer);
    const aborted = player.request(TYPES.SEGMENT);
    const { options } = await viewer.next();
    await aborted.operation.abort();
    expect((await failureOf(aborted)).code).to.equal(OPERATION_ABORTED);
    expect(options.signal!.aborted).to.equal(true);
    const late = player.request(TYPES.SEGMENT, { retryParameters: { timeout: 5 } });
    await viewer.next();
    const error = await failureOf(late);
    expect([error.code, error.severity]).to.deep.equal([TIMEOUT, ShakaError.Severity.RECOVERABLE]);
  });

  it("comes from elsewhere if it is not played and not of the stream", async () => {
    const { shaka, schemes, plain } = fakeShaka();
    const player = fakePlayer(schemes);
    const viewer = playerViewer();
    connectShaka(shaka, player, viewer);
    const key = player.request(KEY, {}, "https://keys.example/1");
    (await viewer.next()).refuse(new WeirError("path-not-canonical"));
    await key.operation.promise;
    await player.request(2, { method: "POST" }, "https://licences.example/").operation.promise;
    expect(plain).to.deep.equal(["https://keys.example/1", "https://licences.example/"]);
    expect(viewer.requests).to.have.length(1);
  });

  it("is each player's own: others of the page load as before, or from their own viewer", async () => {
    const { shaka, schemes, plain } = fakeShaka();
    const [first, second, stranger] = [fakePlayer(schemes), fakePlayer(schemes), fakePlayer(schemes)];
    const [one, two] = [playerViewer(), playerViewer()];
    const disconnect = connectShaka(shaka, first, one);
    connectShaka(shaka, second, two);
    first.request(TYPES.SEGMENT);
    second.request(TYPES.SEGMENT);
    await stranger.request(TYPES.SEGMENT).operation.promise;
    expect([one.requests.length, two.requests.length, plain.length]).to.deep.equal([1, 1, 1]);
    disconnect();
    await first.request(TYPES.SEGMENT).operation.promise;
    expect([one.requests.length, plain.length]).to.deep.equal([1, 2]);
    expect(() => connectShaka(shaka, { ...first, getNetworkingEngine: () => null }, one)).to.throw(TypeError);
  });
});
