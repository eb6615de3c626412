import { execFile } from "node:child_process";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs, promisify } from "node:util";

const run = promisify(execFile);

/**
 * 48 frames at 25 per second and 90 AAC frames at 48 kHz both last exactly 1.92 seconds: with segments of that length sound and
 * picture are cut at the same instant, and the renditions can be switched at every segment.
 */
export const SEGMENT_SECONDS = 1.92;
export const FRAME_RATE = 25;
const SAMPLE_RATE = 48_000;

/** One quality of a stream. */
export interface Rendition {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** Bits per second of the picture and of the sound. */
  readonly video: number;
  readonly audio: number;
  /** One file addressed by byte ranges instead of one file a segment: players and relays meet both kinds. */
  readonly singleFile: boolean;
}

/** What ffmpeg makes a stream from. */
export interface HlsRecipe {
  /** Sources of ffmpeg's lavfi device, without their length. */
  readonly picture: string;
  readonly sound: string;
  readonly segments: number;
  /** Of x264: how much time it takes for how few bytes. */
  readonly preset: "slow" | "ultrafast";
  readonly renditions: readonly Rendition[];
}

const TEST_CARD: HlsRecipe = {
  picture: `testsrc2=size=640x360:rate=${FRAME_RATE}`,
  sound: `sine=frequency=330:beep_factor=4:sample_rate=${SAMPLE_RATE}`,
  segments: 13,
  preset: "slow",
  renditions: [
    { name: "160p", width: 284, height: 160, video: 70_000, audio: 24_000, singleFile: true },
    { name: "240p", width: 426, height: 240, video: 130_000, audio: 32_000, singleFile: false },
    { name: "360p", width: 640, height: 360, video: 250_000, audio: 48_000, singleFile: false },
  ],
};

/**
 * Encodes the test card, or what another recipe says: H.264 and AAC in fragmented MP4, renditions cut at the same instants, a master
 * playlist. One thread and bit-exact flags: the same ffmpeg makes the same bytes.
 *
 * @param output A folder; files of the same names are overwritten, others stay.
 */
export async function makeHls(output: string, recipe: HlsRecipe = TEST_CARD): Promise<void> {
  const seconds = SEGMENT_SECONDS * recipe.segments;
  const args = [
    ["-nostdin", "-hide_banner", "-loglevel", "error", "-y"],
    ["-f", "lavfi", "-t", `${seconds}`, "-i", recipe.picture],
    ["-f", "lavfi", "-t", `${seconds}`, "-i", recipe.sound],
  ].flat();
  for (const rendition of recipe.renditions) {
    await mkdir(path.join(output, rendition.name), { recursive: true });
    args.push(...encode(rendition, recipe.preset, path.join(output, rendition.name)));
  }
  await run("ffmpeg", args);
  await writeFile(path.join(output, "master.m3u8"), await masterPlaylist(output, recipe.renditions));
}

/** The output options of one rendition. */
function encode(rendition: Rendition, preset: HlsRecipe["preset"], folder: string): string[] {
  const gop = String(SEGMENT_SECONDS * FRAME_RATE);
  const segmentName = rendition.singleFile ? "all.mp4" : "segment-%d.m4s";
  return [
    ["-map", "0:v", "-map", "1:a", "-map_metadata", "-1", "-threads", "1"],
    ["-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact"],
    ["-vf", `scale=${rendition.width}:${rendition.height}`, "-pix_fmt", "yuv420p"],
    ["-c:v", "libx264", "-preset", preset, "-profile:v", "main"],
    ["-b:v", `${rendition.video}`, "-maxrate", `${rendition.video * 1.2}`, "-bufsize", `${rendition.video}`],
    ["-g", gop, "-keyint_min", gop, "-sc_threshold", "0"],
    ["-c:a", "aac", "-b:a", `${rendition.audio}`, "-ac", "1"],
    ["-f", "hls", "-hls_time", `${SEGMENT_SECONDS}`, "-hls_playlist_type", "vod", "-hls_segment_type", "fmp4"],
    ["-hls_flags", rendition.singleFile ? "independent_segments+single_file" : "independent_segments"],
    ["-hls_fmp4_init_filename", "init.mp4", "-hls_segment_filename", path.join(folder, segmentName)],
    [path.join(folder, "index.m3u8")],
  ].flat();
}

/** A master playlist whose bandwidths and codecs are those of the files. */
async function masterPlaylist(output: string, renditions: readonly Rendition[]): Promise<string> {
  const lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"];
  for (const { name, width, height, singleFile } of renditions) {
    const folder = path.join(output, name);
    const sizes = await segmentSizes(folder);
    const peak = Math.ceil((Math.max(...sizes) * 8) / SEGMENT_SECONDS);
    const average = Math.ceil((sizes.reduce((sum, size) => sum + size, 0) * 8) / (SEGMENT_SECONDS * sizes.length));
    lines.push(
      `#EXT-X-STREAM-INF:BANDWIDTH=${peak},AVERAGE-BANDWIDTH=${average},RESOLUTION=${width}x${height},` +
        `FRAME-RATE=${FRAME_RATE}.000,CODECS="${await videoCodec(path.join(folder, singleFile ? "all.mp4" : "init.mp4"))},mp4a.40.2"`,
      `${name}/index.m3u8`,
    );
  }
  return lines.join("\n") + "\n";
}

async function segmentSizes(folder: string): Promise<number[]> {
  const playlist = await readFile(path.join(folder, "index.m3u8"), "utf8");
  const ranges = [...playlist.matchAll(/^#EXT-X-BYTERANGE:(\d+)/gm)].map((match) => Number(match[1]));
  if (ranges.length > 0) return ranges;
  const segments = playlist.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return Promise.all(segments.map(async (name) => (await stat(path.join(folder, name))).size));
}

/** RFC 6381 name of the picture's codec: profile, constraints and level as the `avcC` box has them. */
async function videoCodec(file: string): Promise<string> {
  const bytes = await readFile(file);
  const box = bytes.indexOf("avcC");
  if (box < 0) throw new Error(`${file} holds no avcC box`);
  return `avc1.${bytes.subarray(box + 5, box + 8).toString("hex")}`;
}

if (import.meta.main) {
  const { positionals } = parseArgs({ allowPositionals: true });
  const output = positionals[0] ?? path.join(import.meta.dirname, "../../test/media/testcard");
  await makeHls(output);
  process.stdout.write(`${output}\n`);
}
