import { expect } from "chai";
import { WeirError } from "../../../../sdk/core/index.ts";
import { connectDash } from "../../../../sdk/viewer/dash/index.ts";
import type { DashViewerOptions } from "../../../../sdk/viewer/dash/index.ts";
import type { DashLoader, DashProgress, DashRequest, DashResponse } from "../../../../sdk/viewer/dash/viewerLoader.ts";
import { mediaWith, playerViewer } from "./playerViewer.ts";
import type { PlayerViewer } from "./playerViewer.ts";

const URL = "https://relay.example/film/segment-0-1.m4s";

interface Loading {
  readonly response: DashResponse;
  readonly request: DashRequest;
  /** What dash.js heard of, in order. */
  readonly heard: string[];
  readonly progress: DashProgress[];
  readonly ended: Promise<void>;
  readonly loader: DashLoader;
  /** URLs that dash.js's own loader was asked for. */
  readonly elsewhere: string[];
}

/** Loads as dash.js does: with the loader that it makes of its own and of the extension. */
function load(
  viewer: PlayerViewer,
  change: Partial<DashRequest> & { type?: string } = {},
  options?: DashViewerOptions,
): Loading {
  const elsewhere: string[] = [];
  const heard: string[] = [];
  const progress: DashProgress[] = [];
  const own: DashLoader = {
    load: ({ url }) => elsewhere.push(url),
    abort: () => undefined,
    reset: () => undefined,
    resetInitialSettings: () => undefined,
  };
  const extended = new Map<string, (this: { parent: DashLoader }) => DashLoader>();
  const extend = (name: string, extension: object, isMerged: boolean): void => {
    expect(isMerged).to.equal(true);
    extended.set(name, extension as (this: { parent: DashLoader }) => DashLoader);
  };
  connectDash({ extend }, viewer, options);
  expect([...extended.keys()]).to.deep.equal(["XHRLoader", "FetchLoader"]);
  const loader = Object.assign(own, extended.get("XHRLoader")!.call({ parent: own }));
  const response: DashResponse = {};
  const { type = "MediaSegment", ...rest } = change;
  let request!: DashRequest;
  const ended = new Promise<void>((resolve) => {
    const hear = (what: string) => (): void => {
      heard.push(what);
      if (what !== "ontimeout") resolve();
    };
    request = {
      ...{ url: URL, method: "GET", responseType: "arraybuffer", headers: {}, timeout: 0 },
      ...rest,
      customData: {
        request: { type },
        onprogress: (event) => progress.push(event),
        onloadend: hear("onloadend"),
        onabort: hear("onabort"),
        ontimeout: hear("ontimeout"),
      },
    };
    loader.load(request, response);
  });
  return { response, request, heard, progress, ended, loader, elsewhere };
}

describe("what dash.js loads through a viewer", () => {
  it("arrives with the progress by which dash.js judges the network", async () => {
    const viewer = playerViewer();
    const { ended, heard, progress, response } = load(viewer);
    const { answer, options, reference } = await viewer.next();
    expect(reference).to.equal(URL);
    options.onProgress!(40, 100);
    options.onProgress!(90, 100);
    options.onProgress!(10, 100);
    answer(new Response(new Uint8Array(100), { headers: { "content-type": "video/mp4" } }));
    await ended;
    expect(
      progress.map(({ loaded, total }) => [loaded, total]),
      "it never falls",
    ).to.deep.equal([
      [40, 100],
      [90, 100],
      [90, 100],
    ]);
    expect(heard).to.deep.equal(["onloadend"]);
    expect([response.status, response.url, (response.data as ArrayBuffer).byteLength]).to.deep.equal([200, URL, 100]);
    expect(response.headers).to.deep.equal({ "content-type": "video/mp4" });
  });

  it("is text for manifests, and the part that is asked for", async () => {
    const viewer = playerViewer();
    const manifest = load(viewer, { type: "MPD", responseType: "" });
    (await viewer.next()).answer(new Response("<MPD/>"));
    await manifest.ended;
    expect(manifest.response.data).to.equal("<MPD/>");
    load(viewer, { headers: { Range: "bytes=0-863" } });
    expect((await viewer.next()).options.range).to.deep.equal({ first: 0, last: 863 });
    load(viewer, { headers: { Range: "bytes=864-" } });
    expect((await viewer.next()).options.range).to.deep.equal({ first: 864 });
  });

  it("is wanted within the time that the element can play", async () => {
    const viewer = playerViewer();
    load(viewer, {}, { media: mediaWith(10, 4, 8) });
    expect((await viewer.next()).options.within).to.equal(8_000);
  });

  it("fails with a status, and dash.js hears of the end, so that nothing hangs", async () => {
    const viewer = playerViewer();
    for (const [code, status] of [
      ["no-relay-left", 503],
      ["budget-exhausted", 402],
      ["path-not-canonical", 400],
    ] as const) {
      const { elsewhere, ended, heard, response } = load(viewer);
      (await viewer.next()).refuse(new WeirError(code));
      await ended;
      expect([heard, response.status, response.data, elsewhere]).to.deep.equal([["onloadend"], status, undefined, []]);
      expect(response.statusText).to.match(new RegExp(`^${code}: `));
    }
  });

  it("ends with an abort, of one request or of all, and is heard of once", async () => {
    const viewer = playerViewer();
    const one = load(viewer);
    const { options } = await viewer.next();
    one.request.customData.abort!();
    one.loader.abort(one.request);
    expect(options.signal!.aborted).to.equal(true);
    const other = load(viewer);
    await viewer.next();
    other.loader.reset();
    other.loader.resetInitialSettings();
    await new Promise(setImmediate);
    expect([one.heard, other.heard]).to.deep.equal([["onabort"], ["onabort"]]);
  });

  it("is given up when time is up, with what there is of it", async () => {
    const viewer = playerViewer();
    const { ended, heard, response } = load(viewer, { timeout: 5 });
    const { options } = await viewer.next();
    await ended;
    expect([heard, response.status, options.signal!.aborted]).to.deep.equal([
      ["ontimeout", "onloadend"],
      undefined,
      true,
    ]);
  });

  it("comes from elsewhere if it is not played and not of the stream", async () => {
    const viewer = playerViewer();
    const steering = load(viewer, { type: "ContentSteering", url: "https://steering.example/" });
    (await viewer.next()).refuse(new WeirError("path-not-canonical"));
    await new Promise(setImmediate);
    expect(steering.elsewhere).to.deep.equal(["https://steering.example/"]);
    const report = load(viewer, { type: "CmcdEvent", method: "POST", url: "https://reports.example/" });
    expect(report.elsewhere).to.deep.equal(["https://reports.example/"]);
    expect(viewer.requests).to.have.length(1);
  });
});
