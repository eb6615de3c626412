import { expect } from "chai";
import { playStream } from "../../sdk/cli/watch/playStream.ts";
import type { PlayOptions, Track } from "../../sdk/cli/watch/playStream.ts";
import { WeirError } from "../../sdk/core/index.ts";

const ORIGIN = "http://127.0.0.1:1";

/** Files by path, or what says what is there now. */
type Site = Readonly<Record<string, string | (() => string)>>;

interface Played {
  readonly main: string;
  readonly audio: string;
  /** In the order in which they were asked for. */
  readonly asked: readonly string[];
  readonly ended: boolean;
  readonly state: { readonly segments: number; readonly missed: number; readonly seconds: number };
}

async function play(site: Site, path: string, options: Partial<PlayOptions> = {}): Promise<Played> {
  const written: Record<Track, string> = { main: "", audio: "" };
  const asked: string[] = [];
  const { finished, state } = playStream({
    url: new URL(path, ORIGIN),
    variant: undefined,
    realtime: false,
    signal: new AbortController().signal,
    takesEncrypted: false,
    async fetch(reference, { range, signal } = {}) {
      signal?.throwIfAborted();
      const { pathname } = new URL(reference);
      asked.push(range === undefined ? pathname : `${pathname}#${range.first}-${String(range.last)}`);
      const file = site[pathname];
      if (file === undefined) throw new WeirError("path-not-listed");
      const text = typeof file === "string" ? file : file();
      return Promise.resolve(new Response(range === undefined ? text : text.slice(range.first, (range.last ?? 0) + 1)));
    },
    write(track, bytes) {
      written[track] += new TextDecoder().decode(bytes);
    },
    ...options,
  });
  const ended = await finished;
  return { ...written, ended, asked, state };
}

const media = (lines: readonly string[], ended = true): string =>
  ["#EXTM3U", "#EXT-X-TARGETDURATION:1", ...lines, ...(ended ? ["#EXT-X-ENDLIST"] : []), ""].join("\n");

describe("playing", () => {
  it("writes picture and separate sound in order, each initialisation once", async () => {
    const site = {
      "/film/master.m3u8":
        '#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="n",DEFAULT=YES,URI="sound/s.m3u8"\n' +
        '#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="a"\nlow.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=2,AUDIO="a"\nhigh.m3u8\n',
      "/film/high.m3u8": media([
        ...['#EXT-X-MAP:URI="all.mp4",BYTERANGE="4@0"', "#EXTINF:1,", "#EXT-X-BYTERANGE:3@4", "all.mp4"],
        ...["#EXTINF:1,", "#EXT-X-BYTERANGE:3", "all.mp4", '#EXT-X-MAP:URI="two.mp4"', "#EXTINF:0.5,", "last.m4s"],
      ]),
      "/film/all.mp4": "INITaaabbb",
      "/film/two.mp4": "<two>",
      "/film/last.m4s": "ccc",
      "/film/sound/s.m3u8": media(["#EXTINF:1,", "1.aac", "#EXTINF:1,", "2.aac"]),
      "/film/sound/1.aac": "xx",
      "/film/sound/2.aac": "yy",
    };
    const { audio, ended, main, state } = await play(site, "/film/master.m3u8");
    expect({ audio, ended, main }).to.deep.equal({ audio: "xxyy", ended: true, main: "INITaaabbb<two>ccc" });
    expect(state).to.include({ segments: 3, seconds: 2.5, missed: 0 });
  });

  it("follows a live stream from three target durations before its end, and misses what is gone", async () => {
    let turn = 0;
    const live = (): string => {
      turn += 1;
      const first = turn;
      const lines = Array.from({ length: 5 }, (_, i) => [`#EXTINF:1,`, `${first + i}.ts`]).flat();
      return media([`#EXT-X-MEDIA-SEQUENCE:${first}`, ...lines], turn === 3);
    };
    const segments = Object.fromEntries([3, 4, 6, 7].map((number) => [`/live/${number}.ts`, `[${number}]`]));
    const { ended, main, state } = await play({ "/live/index.m3u8": live, ...segments }, "/live/index.m3u8");
    expect({ ended, main }).to.deep.equal({ ended: true, main: "[3][4][6][7]" });
    expect(state).to.include({ segments: 4, missed: 1 });
  });

  it("fails for a segment of a complete stream that nobody has, and for one that is encrypted", async () => {
    const code = async (site: Site): Promise<string> => {
      try {
        await play(site, "/index.m3u8");
      } catch (error) {
        if (WeirError.is(error)) return error.code;
        throw error;
      }
      return "none";
    };
    expect(await code({ "/index.m3u8": media(["#EXTINF:1,", "a.ts"]) })).to.equal("path-not-listed");
    const encrypted = media(['#EXT-X-KEY:METHOD=AES-128,URI="k"', "#EXTINF:1,", "a.ts"]);
    expect(await code({ "/index.m3u8": encrypted, "/a.ts": "a" })).to.equal("malformed-message");
  });

  it("ends without an error when it is told to", async () => {
    const stop = new AbortController();
    const site = {
      "/index.m3u8": media(["#EXTINF:1,", "a.ts"], false),
      "/a.ts": () => {
        setImmediate(() => {
          stop.abort();
        });
        return "a";
      },
    };
    const { ended, main } = await play(site, "/index.m3u8", { signal: stop.signal });
    expect({ ended, main }).to.deep.equal({ ended: false, main: "a" });
  });
});
