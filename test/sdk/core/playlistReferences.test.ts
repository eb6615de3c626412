import { expect } from "chai";
import fc from "fast-check";
import { playlistReferences } from "../../../sdk/core/playlistReferences.ts";
import { errorCode } from "../../helpers/errorCode.ts";

const read = (lines: string[], playlist = "v0/index.m3u8") =>
  playlistReferences(["#EXTM3U", ...lines].join("\n"), playlist);

describe("playlistReferences", () => {
  it("finds whole segments and the initialization section", () => {
    expect(read(['#EXT-X-MAP:URI="init.mp4"', "#EXTINF:2,", "1.m4s", "#EXTINF:2,title", "sub/2.m4s"])).to.deep.equal([
      { path: "v0/init.mp4" },
      { path: "v0/1.m4s" },
      { path: "v0/sub/2.m4s" },
    ]);
  });

  it("turns length and offset into both ends", () => {
    expect(
      read(['#EXT-X-MAP:URI="all.mp4",BYTERANGE="10@0"', "#EXT-X-BYTERANGE:5@10", "#EXTINF:2,", "all.mp4"]),
    ).to.deep.equal([
      { path: "v0/all.mp4", range: { first: 0, last: 9 } },
      { path: "v0/all.mp4", range: { first: 10, last: 14 } },
    ]);
  });

  it("continues a file where its previous range ended", () => {
    const lines = ["#EXT-X-BYTERANGE:5@10", "a.ts", "#EXT-X-BYTERANGE:7@0", "b.ts", "#EXT-X-BYTERANGE:3", "a.ts"];
    expect(read(lines).at(-1)).to.deep.equal({ path: "v0/a.ts", range: { first: 15, last: 17 } });
  });

  it("keeps a byte range to the one segment that follows it", () => {
    expect(read(["#EXT-X-BYTERANGE:5@10", "a.ts", "b.ts"]).at(-1)).to.deep.equal({ path: "v0/b.ts" });
  });

  it("finds parts of low-latency playlists", () => {
    expect(read(['#EXT-X-PART:DURATION=0.3,URI="a.mp4",BYTERANGE="100@20",INDEPENDENT=YES'])).to.deep.equal([
      { path: "v0/a.mp4", range: { first: 20, last: 119 } },
    ]);
  });

  it("replaces variables that the playlist defines", () => {
    expect(read(['#EXT-X-DEFINE:NAME="dir",VALUE="720p"', "{$dir}/1.ts"])).to.deep.equal([{ path: "v0/720p/1.ts" }]);
  });

  it("spells names canonically and drops queries", () => {
    expect(read(["a%62 c.ts?x=1#y", "../v1/Ü.ts"])).to.deep.equal([{ path: "v0/ab%20c.ts" }, { path: "v1/%C3%9C.ts" }]);
  });

  it("reads carriage returns like line feeds", () => {
    expect(playlistReferences("#EXTM3U\r\n#EXT-X-BYTERANGE:5@1\r\na.ts\r\n", "x.m3u8")).to.deep.equal([
      { path: "a.ts", range: { first: 1, last: 5 } },
    ]);
  });

  it("leaves out what no manifest can list", () => {
    const outside = ["https://elsewhere.example/1.ts", "//elsewhere.example/1.ts", "../../up.ts", "/rooted.ts"];
    expect(read([...outside, "data:video/mp2t;base64,AAAA"])).to.deep.equal([]);
  });

  for (const [reason, lines] of [
    ["a range without a length", ["#EXT-X-BYTERANGE:@5", "a.ts"]],
    ["a negative range", ["#EXT-X-BYTERANGE:-5@0", "a.ts"]],
    ["an empty range", ["#EXT-X-BYTERANGE:0@5", "a.ts"]],
    ["a map without a file", ['#EXT-X-MAP:BYTERANGE="1@0"']],
    ["an undefined variable", ["{$missing}/a.ts"]],
  ] as const) {
    it(`refuses ${reason}`, async () => {
      expect(await errorCode(() => read([...lines]))).to.equal("manifest-invalid");
    });
  }

  it("refuses a text that is no playlist", async () => {
    expect(await errorCode(() => playlistReferences("<html>", "a.m3u8"))).to.equal("manifest-invalid");
  });

  it("answers any text with references or a typed error", async () => {
    const line = fc.oneof(
      fc.string(),
      fc.string().map((text) => `#EXT-X-BYTERANGE:${text}`),
      fc.string().map((text) => `#EXT-X-MAP:URI="${text}",BYTERANGE="1@0"`),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(line), async (lines) => {
        expect(await errorCode(() => read(lines))).to.be.oneOf(["none", "manifest-invalid", "path-not-canonical"]);
      }),
    );
  });
});
