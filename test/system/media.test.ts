import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { makeHls } from "../../scripts/media/make-hls.ts";

const run = promisify(execFile);
const committed = path.join(import.meta.dirname, "../media/testcard");
const renditions = ["160p", "240p", "360p"];

/** ffprobe's answer about a playlist, in its own JSON. */
async function probe<Answer>(playlist: string, ...args: string[]): Promise<Answer> {
  const { stdout } = await run("ffprobe", ["-v", "error", ...args, "-of", "json", playlist], { maxBuffer: 1 << 26 });
  return JSON.parse(stdout) as Answer;
}

/** The time in seconds of every picture at which a player can start. */
async function keyframes(folder: string, rendition: string): Promise<number[]> {
  const { packets } = await probe<{ packets: { pts_time: string; flags: string }[] }>(
    path.join(folder, rendition, "index.m3u8"),
    ...["-select_streams", "v", "-show_entries", "packet=pts_time,flags"],
  );
  return packets.filter(({ flags }) => flags.startsWith("K")).map(({ pts_time }) => Number(pts_time));
}

/** SHA-256 of every file under a folder, by name. */
async function hashes(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  const rows = files.sort().map(async (file) => {
    const hash = createHash("sha256").update(await readFile(file));
    return [path.relative(folder, file), hash.digest("hex")] as const;
  });
  return Object.fromEntries(await Promise.all(rows));
}

describe("the test card, a real HLS stream", function () {
  this.timeout(120_000);
  let made: string;

  before(async () => {
    made = await mkdtemp(path.join(tmpdir(), "weir-media-"));
    await makeHls(made);
  });

  after(async () => {
    await rm(made, { recursive: true });
  });

  it("comes out of the script the same each time", async () => {
    const again = await mkdtemp(path.join(tmpdir(), "weir-media-"));
    try {
      await makeHls(again);
      expect(await hashes(again)).to.deep.equal(await hashes(made));
    } finally {
      await rm(again, { recursive: true });
    }
  });

  for (const [name, folder] of [
    ["as committed", () => committed],
    ["as the script makes it", () => made],
  ] as const) {
    describe(name, () => {
      it("stays within two megabytes", async () => {
        const files = Object.keys(await hashes(folder()));
        const sizes = await Promise.all(files.map(async (file) => (await stat(path.join(folder(), file))).size));
        expect(sizes.reduce((sum, size) => sum + size, 0)).to.be.lessThan(2_000_000);
      });

      it("holds H.264 and AAC in every rendition that the master playlist names", async () => {
        const master = await readFile(path.join(folder(), "master.m3u8"), "utf8");
        const named = master.split("\n").filter((line) => line.endsWith(".m3u8"));
        expect(named).to.deep.equal(renditions.map((rendition) => `${rendition}/index.m3u8`));
        for (const rendition of renditions) {
          const { streams } = await probe<{ streams: { codec_name: string; height?: number }[] }>(
            path.join(folder(), rendition, "index.m3u8"),
            ...["-show_entries", "stream=codec_name,height"],
          );
          expect(streams.map(({ codec_name }) => codec_name).sort()).to.deep.equal(["aac", "h264"]);
          expect(streams.find(({ height }) => height !== undefined)?.height).to.equal(parseInt(rendition, 10));
        }
      });

      for (const rendition of renditions) {
        it(`decodes ${rendition} from the first frame to the last without an error`, async () => {
          const playlist = path.join(folder(), rendition, "index.m3u8");
          const { stdout, stderr } = await run("ffmpeg", [
            ...["-nostdin", "-v", "error", "-progress", "-", "-i", playlist, "-f", "null", "-"],
          ]);
          expect(stderr).to.equal("");
          expect(Number(/^frame=(\d+)$/gm.exec(stdout.slice(stdout.lastIndexOf("frame=")))?.[1])).to.equal(13 * 48);
        });
      }

      it("can switch between renditions at every segment", async () => {
        const starts = await keyframes(folder(), "160p");
        expect(starts).to.have.length(13);
        for (const rendition of renditions.slice(1)) {
          expect(await keyframes(folder(), rendition)).to.deep.equal(starts);
        }
      });

      it("addresses one rendition by byte ranges that cover its file", async () => {
        const playlist = await readFile(path.join(folder(), "160p/index.m3u8"), "utf8");
        const ranges = [...playlist.matchAll(/BYTERANGE[:=]"?(\d+)@(\d+)/g)].map((match) => match.slice(1).map(Number));
        let end = 0;
        for (const [length = NaN, offset = NaN] of ranges) {
          expect(offset).to.equal(end);
          end = offset + length;
        }
        expect(end).to.equal((await stat(path.join(folder(), "160p/all.mp4"))).size);
      });
    });
  }
});
