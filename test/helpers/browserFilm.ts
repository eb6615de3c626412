import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { access, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Under a folder that the repository ignores: encoded once, then kept. */
const CACHE = join(import.meta.dirname, "../../cache/films");

/** Seconds of each segment. */
export const FILM_SEGMENT_SECONDS = 2;

/** Bits per second. */
const AUDIO_BITRATE = 128_000;
/** Seconds by which the sound ends first: what the encoder adds to it must not become a segment of its own, which players skip. */
const SILENCE = 0.05;
const VIDEO = [
  { size: "640x360", bitrate: 3_500_000 },
  { size: "426x240", bitrate: 1_200_000 },
] as const;

/**
 * A film of H.264 and AAC in fragmented MP4 segments of two seconds, two renditions of the picture and one of the sound, as HLS
 * (`master.m3u8`) and as DASH (`manifest.mpd`) over the same files. The picture is a moving test card with noise: hard enough to
 * compress for its bitrate, small enough for a decoder without hardware.
 *
 * @param segments whole number of segments
 * @returns a folder that others read too: copy it before anything is written beside the film
 */
export async function browserFilm(segments: number): Promise<string> {
  const seconds = segments * FILM_SEGMENT_SECONDS;
  const args = encoderArguments(seconds);
  const name = createHash("sha256").update(args.join("\n")).digest("hex").slice(0, 16);
  const folder = join(CACHE, name);
  if (await exists(join(folder, "master.m3u8"))) return folder;
  await mkdir(CACHE, { recursive: true });
  const draft = await mkdtemp(join(CACHE, "draft-"));
  try {
    await run("ffmpeg", args, { cwd: draft });
    // A recording has no clock, and what ffmpeg writes for one would differ with every encoding.
    for (const index of [0, 1, 2]) await strip(join(draft, `media_${index}.m3u8`));
    // Whoever is first wins; another run may have encoded the same meanwhile.
    await rename(draft, folder).catch(async (error: unknown) => {
      if (!(await exists(join(folder, "master.m3u8")))) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return folder;
}

function encoderArguments(seconds: number): string[] {
  const video = VIDEO.flatMap(({ bitrate }, index) => [
    ...[`-b:v:${index}`, String(bitrate), `-maxrate:v:${index}`, String(1.08 * bitrate)],
    ...[`-bufsize:v:${index}`, String(bitrate / 2)],
  ]);
  const gop = String(FILM_SEGMENT_SECONDS * 25);
  return [
    ["-nostdin", "-hide_banner", "-loglevel", "error", "-y"],
    ["-f", "lavfi", "-i", `testsrc2=size=${VIDEO[0].size}:rate=25:duration=${seconds}`],
    ["-f", "lavfi", "-i", `sine=frequency=330:beep_factor=4:sample_rate=48000:duration=${seconds - SILENCE}`],
    ["-filter_complex", `[0:v]noise=alls=12:allf=t,split=2[a][b];[b]scale=${VIDEO[1].size.replace("x", ":")}[c]`],
    ["-map", "[a]", "-map", "[c]", "-map", "1:a"],
    ["-c:v", "libx264", "-preset", "ultrafast", "-profile:v", "main", ...video],
    ["-g", gop, "-keyint_min", gop, "-sc_threshold", "0"],
    ["-c:a", "aac", "-b:a", String(AUDIO_BITRATE), "-ac", "2"],
    ["-f", "dash", "-seg_duration", String(FILM_SEGMENT_SECONDS), "-use_template", "1", "-use_timeline", "0"],
    ["-hls_playlist", "1", "-adaptation_sets", "id=0,streams=v id=1,streams=a"],
    ["-init_seg_name", "init-$RepresentationID$.mp4", "-media_seg_name", "segment-$RepresentationID$-$Number$.m4s"],
    ["manifest.mpd"],
  ].flat();
}

async function strip(playlist: string): Promise<void> {
  const text = await readFile(playlist, "utf8");
  await writeFile(playlist, text.replaceAll(/^#EXT-X-PROGRAM-DATE-TIME:.*\n/gm, ""));
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
