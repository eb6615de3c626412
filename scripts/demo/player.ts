import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { parse, types } from "hls-parser";

/**
 * Fetches a resource by its path relative to the manifest. `range` has both ends inclusive; `within` says how many
 * milliseconds of playback are left in the buffer.
 */
export type LoadResource = (path: string, range?: ByteRange, within?: number) => Promise<Uint8Array>;

/** A part of a file, both ends inclusive. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/** How a stream is played. */
export interface PlayOptions {
  /** Playback speed: 8 plays 24 seconds of video in 3. */
  readonly speed: number;
  /** Seconds of video that the player wants before the first frame. */
  readonly startSeconds: number;
  /** Seconds of video that the player keeps ahead of the playhead. */
  readonly bufferSeconds: number;
  /** Called after each segment with the seconds of video that are in the buffer or played. */
  readonly onSegment?: (loaded: number, total: number) => void;
}

/** What one playback was like for whoever watched. */
export interface Playback {
  readonly segments: number;
  /** Seconds of video played, at normal speed. */
  readonly videoSeconds: number;
  /** Wall-clock milliseconds from asking for the first playlist to the first frame. */
  readonly startupMs: number;
  readonly stalls: number;
  /** Wall-clock seconds that the picture stood still. */
  readonly stallSeconds: number;
  /** Renditions in the order in which they were played, as heights. */
  readonly heights: readonly number[];
  readonly bytes: number;
  /** Everything that was played, in order. */
  readonly played: readonly Resource[];
  /** SHA-256 over all of it: see `digestOf`. */
  readonly digest: string;
}

/** A resource of the stream by its path relative to the manifest. */
export interface Resource {
  readonly path: string;
  readonly range?: ByteRange;
}

/**
 * Plays an HLS stream to its end as a player with a buffer does: it starts with the lowest rendition, fetches ahead of the
 * playhead, climbs while its buffer is full, and stands still when the buffer is empty. Nothing is decoded; the clock is real.
 *
 * @throws Error if the playlists have a form that the demonstration's stream has not
 */
export async function playHls(master: string, load: LoadResource, options: PlayOptions): Promise<Playback> {
  const started = performance.now();
  const renditions = await loadRenditions(master, load);
  const total = videoSeconds(renditions[0]);
  const hash = createHash("sha256");
  const maps = new Set<string>();
  const played: Resource[] = [];
  const heights: number[] = [];
  let bytes = 0;
  let level = 0;
  let loaded = 0;
  let startupMs = 0;
  let stalls = 0;
  let stallMs = 0;
  // The moment at which the buffer runs empty, on the wall clock.
  let emptyAt = Infinity;

  const append = async (resource: Resource): Promise<void> => {
    const within = emptyAt === Infinity ? undefined : Math.max(0, emptyAt - performance.now());
    const body = await load(resource.path, resource.range, within);
    hash.update(body);
    played.push(resource);
    bytes += body.length;
  };

  const count = renditions[0].segments.length;
  for (let index = 0; index < count; index += 1) {
    const rendition = renditions[level] ?? renditions[0];
    const segment = rendition.segments[index];
    if (segment === undefined) throw new Error(`Rendition ${rendition.path} has no segment ${index}.`);
    if (!maps.has(rendition.path)) {
      await append(segment.map);
      maps.add(rendition.path);
    }
    await append(segment);
    if (heights.at(-1) !== rendition.height) heights.push(rendition.height);

    const now = performance.now();
    if (now > emptyAt) {
      stalls += 1;
      stallMs += now - emptyAt;
      emptyAt = now;
    }
    loaded += segment.duration;
    if (emptyAt !== Infinity) {
      emptyAt += (segment.duration * 1000) / options.speed;
    } else if (loaded >= options.startSeconds || index === count - 1) {
      startupMs = now - started;
      emptyAt = now + (loaded * 1000) / options.speed;
    }
    options.onSegment?.(loaded, total);

    if (emptyAt === Infinity) continue;
    const bufferMs = emptyAt - performance.now();
    const fullMs = (options.bufferSeconds * 1000) / options.speed;
    if (bufferMs > fullMs / 2) level = Math.min(level + 1, renditions.length - 1);
    if (bufferMs < fullMs / 8) level = 0;
    if (bufferMs > fullMs) await sleep(bufferMs - fullMs);
  }
  await sleep(Math.max(0, emptyAt - performance.now()));
  return {
    segments: count,
    videoSeconds: loaded,
    startupMs,
    stalls,
    stallSeconds: stallMs / 1000,
    heights,
    bytes,
    played,
    digest: hash.digest("hex"),
  };
}

/** SHA-256 over these resources as another loader has them; a loader that knows no ranges gives whole files. */
export async function digestOf(
  played: readonly Resource[],
  load: (path: string) => Promise<Uint8Array>,
): Promise<string> {
  const hash = createHash("sha256");
  for (const { path, range } of played) {
    const file = await load(path);
    hash.update(range === undefined ? file : file.subarray(range.first, range.last + 1));
  }
  return hash.digest("hex");
}

interface Segment extends Resource {
  readonly duration: number;
  /** The initialization section: the demonstration's stream is fragmented MP4. */
  readonly map: Resource;
}

interface Rendition {
  readonly path: string;
  readonly height: number;
  readonly segments: readonly Segment[];
}

async function loadRenditions(master: string, load: LoadResource): Promise<readonly [Rendition, ...Rendition[]]> {
  const playlist = parse(new TextDecoder().decode(await load(master)));
  if (!(playlist instanceof types.MasterPlaylist)) throw new Error(`${master} is not a multivariant playlist.`);
  const variants = [...playlist.variants].sort((a, b) => a.bandwidth - b.bandwidth);
  const [first, ...others] = await Promise.all(
    variants.map((variant) => loadRendition(resolve(master, variant.uri), variant.resolution?.height ?? 0, load)),
  );
  if (first === undefined) throw new Error(`${master} lists no variant.`);
  return [first, ...others];
}

async function loadRendition(path: string, height: number, load: LoadResource): Promise<Rendition> {
  const playlist = parse(new TextDecoder().decode(await load(path)));
  if (!(playlist instanceof types.MediaPlaylist)) throw new Error(`${path} is not a media playlist.`);
  return {
    path,
    height,
    segments: playlist.segments.map(({ uri, byterange, duration, map }) => ({
      ...resource(path, uri, byterange),
      duration,
      map: resource(path, map.uri, map.byterange),
    })),
  };
}

function resource(playlist: string, uri: string, byterange?: { length: number; offset?: number }): Resource {
  const path = resolve(playlist, uri);
  if (byterange === undefined) return { path };
  const first = byterange.offset ?? 0;
  return { path, range: { first, last: first + byterange.length - 1 } };
}

/** A URI of a playlist as a path relative to the manifest, which stands beside the multivariant playlist. */
function resolve(playlist: string, uri: string): string {
  return new URL(uri, new URL(playlist, "http://stream.invalid/")).pathname.slice(1);
}

function videoSeconds(rendition: Rendition): number {
  return rendition.segments.reduce((sum, segment) => sum + segment.duration, 0);
}
