import { setTimeout as sleep } from "node:timers/promises";
import { WeirError } from "../../core/index.ts";
import type { Viewer } from "../../viewer/index.ts";
import { parseHlsPlaylist } from "./hlsPlaylist.ts";
import type { HlsMaster, HlsMedia, HlsPiece, HlsSegment } from "./hlsPlaylist.ts";
import { chooseRendition, nameOf } from "./rendition.ts";

/** One line of media: the picture (with its sound, mostly), or sound that is kept apart. */
export type Track = "main" | "audio";

/** How a stream is played. */
export interface PlayOptions {
  readonly fetch: Viewer["fetch"];
  /** Of a multivariant or media playlist. */
  readonly url: URL;
  /** As `chooseRendition` takes it. */
  readonly variant: string | undefined;
  /** Whether to stay a little ahead of a playhead instead of hurrying to the end. */
  readonly realtime: boolean;
  /** Ends it, without an error. */
  readonly signal: AbortSignal;
  /** Takes what was verified, in the order of playing. */
  readonly write: (track: Track, bytes: Uint8Array) => void;
  /** Whether encrypted segments will do: they count, but a file of them is of no use. */
  readonly takesEncrypted: boolean;
}

/** How far a stream was played. */
export interface PlayState {
  /** Such as `480p`; undefined while it is not known. */
  variant: string | undefined;
  segments: number;
  /** Segments of a live stream that nobody had in time. */
  missed: number;
  /** Of video, as the playlist states it. */
  seconds: number;
}

/** A stream being played. */
export interface Playing {
  readonly state: Readonly<PlayState>;
  /** Resolves to whether it was played to its end; rejects with what stood in the way. */
  readonly finished: Promise<boolean>;
}

/** Segments of a track under way at a time. */
const PARALLEL = 3;
/** Seconds that a player in real time keeps ahead. */
const AHEAD_SECONDS = 30;
/** Target durations without a new segment after which a live stream is taken to be over, or its failure to be final. */
const SILENT_DURATIONS = 10;
/** Segments in a row that a live stream may miss. */
const MAX_MISSED = 5;

const utf8 = new TextDecoder();

/** Plays an HLS stream: VOD from its beginning, live from three target durations before its end (RFC 8216, section 6.3.3). */
export function playStream(options: PlayOptions): Playing {
  const state: PlayState = { variant: undefined, segments: 0, missed: 0, seconds: 0 };
  return { state, finished: play(options, state) };
}

async function play(options: PlayOptions, state: PlayState): Promise<boolean> {
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  try {
    const first = await loadPlaylist(options, options.url, signal);
    const tracks = first.type === "media" ? [mainOf(options.url, first)] : tracksOf(options, first, state);
    await Promise.all(
      tracks.map(async (track) => {
        try {
          await playTrack(track, { ...options, signal }, state);
        } catch (error) {
          failed.abort(error);
          throw error;
        }
      }),
    );
    return true;
  } catch (error) {
    if (options.signal.aborted) return false;
    throw error;
  }
}

interface TrackSource {
  readonly track: Track;
  readonly url: URL;
  /** What was loaded already. */
  readonly playlist?: HlsMedia;
}

function mainOf(url: URL, playlist: HlsMedia): TrackSource {
  return { track: "main", url, playlist };
}

function tracksOf({ url, variant: wanted }: PlayOptions, master: HlsMaster, state: PlayState): TrackSource[] {
  const { audio, variant } = chooseRendition(master, wanted);
  state.variant = nameOf(variant);
  const main: TrackSource = { track: "main", url: new URL(variant.uri, url) };
  return audio === undefined ? [main] : [main, { track: "audio", url: new URL(audio.uri, url) }];
}

async function playTrack(source: TrackSource, options: PlayOptions, state: PlayState): Promise<void> {
  const { fetch, realtime, signal, takesEncrypted, write } = options;
  const isMain = source.track === "main";
  const startedAt = performance.now();
  const underWay: Promise<void>[] = [];
  let map: string | undefined;
  let asked = 0;
  let missedInARow = 0;
  let written = Promise.resolve();

  const load = async ({ range, uri }: HlsPiece): Promise<Uint8Array> =>
    new Uint8Array(await (await fetch(new URL(uri, source.url).href, { signal, range })).arrayBuffer());

  /** Loads at once, writes when it is its turn. */
  const enqueue = (piece: HlsPiece, live: boolean, onWritten: () => void): void => {
    const loading = load(piece);
    loading.catch(() => undefined); // Looked at in its turn.
    written = written.then(async () => {
      let bytes: Uint8Array;
      try {
        bytes = await loading;
      } catch (error) {
        const isGone = WeirError.is(error) && (error.code === "no-relay-left" || error.code === "path-not-listed");
        if (!live || !isGone || ++missedInARow > MAX_MISSED) throw error;
        state.missed += 1;
        return;
      }
      missedInARow = 0;
      write(source.track, bytes);
      onWritten();
    });
    written.catch(() => undefined); // Waited for below, in order.
    underWay.push(written);
  };

  for await (const { live, segment } of segmentsOf(source, options)) {
    if (segment.encrypted && !takesEncrypted) {
      throw new WeirError("malformed-message", "the stream is encrypted, and this player has no keys: leave out --out");
    }
    const place = segment.map && JSON.stringify(segment.map);
    if (segment.map !== undefined && place !== map) enqueue(segment.map, false, () => undefined);
    map = place;
    if (realtime) {
      const aheadMs = asked * 1_000 - (performance.now() - startedAt) - AHEAD_SECONDS * 1_000;
      if (aheadMs > 0) await sleep(aheadMs, undefined, { signal });
    }
    asked += segment.duration;
    enqueue(segment, live, () => {
      if (!isMain) return;
      state.segments += 1;
      state.seconds += segment.duration;
    });
    while (underWay.length >= PARALLEL) await underWay.shift();
  }
  await written;
}

/** The segments of a track in order, those of a live stream as they appear. */
async function* segmentsOf(
  { playlist: loaded, url }: TrackSource,
  options: PlayOptions,
): AsyncGenerator<{ readonly segment: HlsSegment; readonly live: boolean }> {
  const { signal } = options;
  let playlist = loaded ?? asMedia(await loadPlaylist(options, url, signal));
  let next = playlist.ended ? 0 : startOf(playlist);
  let newsAt = performance.now();
  for (;;) {
    const { ended, segments, targetDuration } = playlist;
    const fresh = segments.filter(({ sequence }) => sequence >= next);
    for (const segment of fresh) {
      next = segment.sequence + 1;
      yield { segment, live: !ended };
    }
    if (ended) return;
    if (fresh.length > 0) newsAt = performance.now();
    else if (performance.now() - newsAt > SILENT_DURATIONS * targetDuration * 1_000) return;
    // Half as long where nothing was new (RFC 8216, section 6.3.4).
    await sleep(Math.max(targetDuration, 1) * (fresh.length > 0 ? 1_000 : 500), undefined, { signal });
    const giveUpAt = newsAt + SILENT_DURATIONS * targetDuration * 1_000;
    playlist = (await reload(options, url, performance.now() < giveUpAt)) ?? playlist;
  }
}

/** The next state of a live playlist; `undefined` if relays or the publisher are silent, and there is time to wait for them. */
async function reload(options: PlayOptions, url: URL, isPatient: boolean): Promise<HlsMedia | undefined> {
  try {
    return asMedia(await loadPlaylist(options, url, options.signal));
  } catch (error) {
    const isPassing = WeirError.is(error, "no-relay-left") || WeirError.is(error, "publisher-silent");
    if (!isPassing || !isPatient) throw error;
    return undefined;
  }
}

/** The first segment to play of a live stream. */
function startOf({ segments, targetDuration }: HlsMedia): number {
  let seconds = 0;
  for (const { duration, sequence } of segments.toReversed()) {
    seconds += duration;
    if (seconds >= 3 * targetDuration) return sequence;
  }
  return segments[0]?.sequence ?? 0;
}

async function loadPlaylist({ fetch }: PlayOptions, url: URL, signal: AbortSignal): Promise<HlsMaster | HlsMedia> {
  return parseHlsPlaylist(utf8.decode(await (await fetch(url.href, { signal })).arrayBuffer()));
}

/** @throws WeirError `malformed-message` */
function asMedia(playlist: HlsMaster | HlsMedia): HlsMedia {
  if (playlist.type === "media") return playlist;
  throw new WeirError("malformed-message", "a variant of the stream is no playlist of segments");
}
