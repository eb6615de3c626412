import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { parse, types } from "hls-parser";
import { openOutput } from "../../sdk/cli/output.ts";
import { parseHlsPlaylist } from "../../sdk/cli/watch/hlsPlaylist.ts";
import type { HlsMaster, HlsMedia } from "../../sdk/cli/watch/hlsPlaylist.ts";
import { showBytes } from "../../sdk/cli/watch/meter.ts";
import { chooseRendition } from "../../sdk/cli/watch/rendition.ts";
import { WeirError } from "../../sdk/core/index.ts";
import { errorCode } from "../helpers/errorCode.ts";

const TESTCARD = join(import.meta.dirname, "../media/testcard");

const master = (text: string): HlsMaster => {
  const playlist = parseHlsPlaylist(text);
  if (playlist.type !== "master") throw new Error("not a master playlist");
  return playlist;
};
const media = (text: string): HlsMedia => {
  const playlist = parseHlsPlaylist(text);
  if (playlist.type !== "media") throw new Error("not a media playlist");
  return playlist;
};

describe("an HLS playlist", () => {
  for (const file of globSync("**/*.m3u8", { cwd: TESTCARD })) {
    it(`${file} is read as another parser reads it`, () => {
      expectAsOther(readFileSync(join(TESTCARD, file), "utf8"));
    });
  }

  it("is read as another parser reads it, whatever it lists", () => {
    const duration = fc.integer({ min: 1, max: 99_999 }).map((milliseconds) => (milliseconds / 1_000).toFixed(3));
    const part = fc.option(fc.tuple(fc.integer({ min: 1, max: 1_000_000 }), fc.integer({ min: 0, max: 1_000_000 })));
    const segment = fc.record({ duration, part, encrypted: fc.boolean(), title: fc.constantFrom("", "a, b") });
    const playlists = fc
      .record({
        segments: fc.array(segment, { minLength: 1, maxLength: 12 }),
        start: fc.nat({ max: 1_000_000 }),
        ended: fc.boolean(),
        map: fc.boolean(),
        end: fc.constantFrom("\n", "\r\n"),
      })
      .map(({ end, ended, map, segments, start }) =>
        [
          ...["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-TARGETDURATION:100", `#EXT-X-MEDIA-SEQUENCE:${start}`],
          ...(map ? ['#EXT-X-MAP:URI="init.mp4",BYTERANGE="700@0"'] : []),
          ...segments.flatMap(({ duration: seconds, encrypted, part: range, title }, i) => [
            encrypted
              ? '#EXT-X-KEY:METHOD=AES-128,URI="key",IV=0x00000000000000000000000000000001'
              : "#EXT-X-KEY:METHOD=NONE",
            `#EXTINF:${seconds},${title}`,
            ...(range === null ? [] : [`#EXT-X-BYTERANGE:${range[0]}@${range[1]}`]),
            `segment-${i}.m4s?v=1`,
          ]),
          ...(ended ? ["#EXT-X-ENDLIST"] : []),
          "",
        ].join(end),
      );
    fc.assert(fc.property(playlists, expectAsOther), { numRuns: 200 });
  });

  it("gives parts without an offset their place after the one before", async () => {
    const text =
      "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n#EXT-X-BYTERANGE:100@50\na\n#EXTINF:4,\n#EXT-X-BYTERANGE:10\na\n";
    expect(media(text).segments.map(({ range }) => range)).to.deep.equal([
      { first: 50, last: 149 },
      { first: 150, last: 159 },
    ]);
    expect(await errorCode(() => media(text.replace("@50", "")))).to.equal("malformed-message");
  });

  it("skips segments that are marked as missing", () => {
    const text = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n#EXT-X-GAP\na\n#EXTINF:4,\nb\n";
    expect(media(text).segments.map(({ sequence, uri }) => [sequence, uri])).to.deep.equal([[1, "b"]]);
  });

  it("is refused, and never anything worse, if it is something else", () => {
    const lines = fc.constantFrom(
      ...["#EXTM3U", "#EXTINF:4,", "#EXTINF:x", "a.ts", "#EXT-X-BYTERANGE:5", "#EXT-X-MAP:", "#EXT-X-STREAM-INF:", ""],
      ...["#EXT-X-TARGETDURATION:4", "#EXT-X-MEDIA-SEQUENCE:-1", "#EXT-X-KEY", "#EXT-X-STREAM-INF:BANDWIDTH=1"],
    );
    const texts = fc.oneof(
      fc.string(),
      fc.array(lines).map((all) => ["#EXTM3U", ...all].join("\n")),
    );
    fc.assert(
      fc.property(texts, (text) => {
        try {
          parseHlsPlaylist(text);
        } catch (error) {
          if (!WeirError.is(error) || error.code !== "malformed-message") throw error;
        }
      }),
      { numRuns: 300 },
    );
  });

  it("is chosen from by height, by bandwidth, or for the best", () => {
    const all = master(readFileSync(join(TESTCARD, "master.m3u8"), "utf8"));
    const chosen = (wanted?: string): string => chooseRendition(all, wanted).variant.uri;
    expect(chosen()).to.equal("360p/index.m3u8");
    expect(chosen("160p")).to.equal("160p/index.m3u8");
    expect(chosen("200000")).to.equal("240p/index.m3u8");
    for (const wanted of ["480p", "1000", "best"]) expect(() => chosen(wanted)).to.throw();
    const apart = master(
      '#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="x, y",URI="other.m3u8"\n' +
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="z",DEFAULT=YES,URI="sound.m3u8"\n' +
        '#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="a"\nvideo.m3u8\n',
    );
    expect(chooseRendition(apart, undefined).audio?.uri).to.equal("sound.m3u8");
  });
});

describe("the meter", () => {
  it("is redrawn in place, cut to the terminal, and gone when something else is said", () => {
    let written = "";
    const people = { columns: 10, isTTY: true, write: (text: string) => ((written += text), true) };
    const output = openOutput(false, people);
    output.progress("0123456789abc", "second");
    output.progress("again");
    output.say("done");
    expect(written).to.equal("012345678\nsecond\r\u001b[1A\u001b[Jagain\r\u001b[Jdone\n");
  });
  it("shows nothing that a terminal would obey", () => {
    let written = "";
    const people = { columns: 80, isTTY: true, write: (text: string) => ((written += text), true) };
    openOutput(false, people).say("film\u001b]0;owned\u0007\u009b2J");
    expect(written).to.equal("film\ufffd]0;owned\ufffd\ufffd2J\n");
  });
  it("is silent where there is no terminal", () => {
    let written = "";
    openOutput(false, { columns: 80, isTTY: false, write: (text: string) => ((written += text), true) }).progress("x");
    expect(written).to.equal("");
  });
  it("shows bytes as people read them", () => {
    expect([0, 1_023, 1_024, 5 << 20].map(showBytes)).to.deep.equal(["0 bytes", "1023 bytes", "1.0 KiB", "5.0 MiB"]);
  });
});

function expectAsOther(text: string): void {
  const ours = parseHlsPlaylist(text);
  const other = parse(text);
  if (other instanceof types.MasterPlaylist) {
    if (ours.type !== "master") throw new Error("not a master playlist");
    expect(ours.variants.map(({ bandwidth, height, uri }) => [uri, bandwidth, height])).to.deep.equal(
      other.variants.map(({ bandwidth, resolution, uri }) => [uri, bandwidth, resolution?.height]),
    );
    return;
  }
  if (ours.type !== "media" || !(other instanceof types.MediaPlaylist)) throw new Error("not a media playlist");
  expect(ours.ended).to.equal(other.endlist);
  expect(ours.targetDuration).to.equal(other.targetDuration);
  expect(
    ours.segments.map(({ duration, encrypted, map, range, sequence, uri }) => [
      uri,
      sequence,
      duration,
      range?.first,
      range?.last,
      map?.uri,
      encrypted,
    ]),
  ).to.deep.equal(
    other.segments.map(({ byterange, duration, key, map, mediaSequenceNumber, uri }) => {
      const part = byterange as typeof byterange | undefined;
      const last = part === undefined ? undefined : part.offset + part.length - 1;
      const method = key?.method ?? "NONE";
      const init = (map as typeof map | undefined)?.uri;
      return [uri, mediaSequenceNumber, duration, part?.offset, last, init, method !== "NONE"];
    }),
  );
}
