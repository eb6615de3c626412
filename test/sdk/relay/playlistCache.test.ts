import { expect } from "chai";
import { WeirError } from "../../../sdk/core/index.ts";
import { playlistCache } from "../../../sdk/relay/media/playlistCache.ts";
import type { PlaylistCache } from "../../../sdk/relay/media/playlistCache.ts";
import { playlistPace } from "../../../sdk/relay/media/playlistPace.ts";
import type { Revision, RevisionRequest, Source } from "../../../sdk/relay/index.ts";
import { errorCode } from "../../helpers/errorCode.ts";

const LIVE = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:7\n#EXTINF:4,\na.ts\n";

describe("The pace of a playlist", () => {
  it("is half of what it says of its segments", () => {
    for (const [text, freshMs, isLive] of [
      [LIVE, 2_000, true],
      [`\uFEFF${LIVE}`, 2_000, true],
      [`${LIVE}#EXT-X-ENDLIST\n`, 2_000, false],
      [`#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-PART-INF:PART-TARGET=0.5\n`, 250, true],
      ["#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv0.m3u8\n", 1_000, false],
      ["#EXTM3U\n#EXT-X-TARGETDURATION:999999\n", 30_000, true],
      [`<?xml version="1.0"?><MPD type="dynamic" minimumUpdatePeriod="PT2S">`, 1_000, true],
      [`<MPD\n type='dynamic'\n minimumUpdatePeriod='PT0H0M6.5S'>`, 3_250, true],
      [`<MPD minimumUpdatePeriod="PT0S" maxSegmentDuration="PT4S" type="dynamic">`, 2_000, true],
      [`<ns:MPD type="static" mediaPresentationDuration="PT1H">`, 1_000, false],
      ["", 1_000, false],
      ["<html>not found</html>", 1_000, false],
    ] as const) {
      expect(playlistPace(text.replace("\uFEFF", "")), text).to.deep.equal({ freshMs, isLive });
    }
  });

  it("takes no longer for a hostile one", () => {
    for (const text of ["<MPD ".repeat(200_000), `#EXTM3U\n${"#EXT-X-TARGETDURATION:".repeat(40_000)}`]) {
      expect(playlistPace(text).freshMs).to.equal(1_000);
    }
  });
});

describe("The cache of playlists", () => {
  let now: number;
  let cache: PlaylistCache;
  let text: string;
  let fault: WeirError | undefined;
  let asked: RevisionRequest[];
  let age: number;
  /** Resolves when the origin may answer. */
  let gate: Promise<unknown>;

  const source: Source = {
    read: async () => Promise.reject(new WeirError("internal")),
    async readNewer(_path, request): Promise<Revision> {
      asked.push(request);
      await gate;
      if (fault !== undefined) throw fault;
      const etag = JSON.stringify(text.length);
      return { bytes: request.known?.etag === etag ? undefined : new TextEncoder().encode(text), etag, age };
    },
  };
  const read = async (path = "live.m3u8"): Promise<string> =>
    new TextDecoder().decode((await cache.get("/live/", path, source)).bytes);

  beforeEach(() => {
    [now, text, fault, asked, age, gate] = [1_000, LIVE, undefined, [], 0, Promise.resolve()];
    cache = playlistCache(() => now);
  });

  it("serves a live one for half a target duration after it was asked for, and no longer", async () => {
    await read();
    text = `${LIVE}#EXTINF:4,\nb.ts\n`;
    now += 1_999;
    expect(await read()).to.equal(LIVE);
    now += 1;
    expect(await read()).to.equal(text);
    expect(asked).to.have.length(2);
  });

  it("counts from the request, not from the answer, and what caches on the way say", async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    gate = promise;
    const first = read();
    now += 1_500;
    resolve(undefined);
    await first;
    now += 499;
    expect((await cache.get("/live/", "live.m3u8", source)).ageMs).to.equal(1_999);
    now += 1;
    age = 1;
    await read();
    now += 999;
    await read();
    expect(asked).to.have.length(2);
    now += 1;
    await read();
    expect(asked).to.have.length(3);
  });

  it("asks whether it changed, and keeps it if not", async () => {
    await read();
    now += 2_000;
    expect(await read()).to.equal(LIVE);
    expect(asked.map(({ known }) => known?.etag)).to.deep.equal([undefined, String(LIVE.length)]);
    now += 1_999;
    await read();
    expect(asked).to.have.length(2);
  });

  it("asks once for a thousand that come at once", async () => {
    const texts = await Promise.all(Array.from({ length: 1_000 }, async () => read()));
    expect(new Set(texts)).to.deep.equal(new Set([LIVE]));
    expect(asked).to.have.length(1);
  });

  it("has no live one when the origin is down for longer than that, but one that ended", async () => {
    await read();
    fault = new WeirError("origin-unavailable");
    now += 1_999;
    expect(await read()).to.equal(LIVE);
    now += 1;
    expect(await errorCode(read())).to.equal("origin-unavailable");
    fault = undefined;
    expect(await read()).to.equal(LIVE);
    text = `${LIVE}#EXT-X-ENDLIST\n`;
    now += 2_000;
    await read();
    fault = new WeirError("origin-unavailable");
    now += 3_600_000;
    expect(await read()).to.equal(text);
    expect((await cache.get("/live/", "live.m3u8", source)).ageMs).to.equal(3_600_000);
  });

  it("forgets one that its origin no longer has, and remembers no failure", async () => {
    text = `${LIVE}#EXT-X-ENDLIST\n`;
    await read();
    now += 2_000;
    fault = new WeirError("not-found");
    expect(await errorCode(read())).to.equal("not-found");
    fault = new WeirError("origin-unavailable");
    expect(await errorCode(read())).to.equal("origin-unavailable");
    fault = undefined;
    expect(await read()).to.equal(text);
  });

  it("lets no flood of names through to the origin", async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    gate = promise;
    const reading = Array.from({ length: 1_000 }, async (_, i) => errorCode(read(`${i}.m3u8`)));
    resolve(undefined);
    const codes = await Promise.all(reading);
    expect(codes.filter((code) => code === "none")).to.have.length(asked.length);
    expect(codes.filter((code) => code === "too-many-requests")).to.have.length(1_000 - asked.length);
    expect(asked.length).to.be.below(1_000);
    await read("another.m3u8");
  });

  it("reads a file of this machine every time", async () => {
    const local: Source = { read: async () => Promise.resolve(new TextEncoder().encode(text)) };
    const readLocal = async (): Promise<number> => (await cache.get("/live/", "a.m3u8", local)).bytes.length;
    expect(await readLocal()).to.equal(LIVE.length);
    text = "#EXTM3U\n";
    expect(await readLocal()).to.equal(text.length);
  });
});
