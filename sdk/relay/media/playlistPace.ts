/** How a playlist or MPD says that it changes. */
export interface PlaylistPace {
  /** Milliseconds for which it may be served after it was fetched: half a target duration. */
  readonly freshMs: number;
  /** Whether it names segments that go out of date: a live one, of which an old copy misleads players. */
  readonly isLive: boolean;
}

/** For what names no duration, such as the list of a stream's variants. */
const DEFAULT_FRESH_MS = 1_000;

/** Longest that any is kept: an absurd duration must not freeze a stream. */
const MAX_FRESH_MS = 30_000;

/**
 * How long a playlist may be served before its origin is asked again: half of `EXT-X-TARGETDURATION`, or of `PART-TARGET`
 * if it has parts (RFC 8216, section 6.3.4); for an MPD half of `minimumUpdatePeriod`, or of `maxSegmentDuration`.
 *
 * @param text the playlist; whatever it says is believed of itself alone
 */
export function playlistPace(text: string): PlaylistPace {
  return text.trimStart().startsWith("#EXTM3U") ? hlsPace(text) : dashPace(text);
}

function hlsPace(text: string): PlaylistPace {
  const target = /^#EXT-X-TARGETDURATION:([0-9]{1,6})/m.exec(text)?.[1];
  const part = /^#EXT-X-PART-INF:PART-TARGET=([0-9]{1,6}(?:\.[0-9]{1,9})?)/m.exec(text)?.[1];
  return {
    freshMs: halfOf(part ?? target),
    // A list of variants has no target duration and goes out of date as little as a list that has ended.
    isLive: target !== undefined && !/^#EXT-X-ENDLIST/m.test(text),
  };
}

function dashPace(text: string): PlaylistPace {
  const start = text.search(/<(?:[A-Za-z0-9_]{1,32}:)?MPD\s/);
  const root = start < 0 ? "" : text.slice(start, text.indexOf(">", start) + 1);
  return {
    freshMs: halfOf(durationOf(root, "minimumUpdatePeriod") ?? durationOf(root, "maxSegmentDuration")),
    isLive: /\stype\s*=\s*["']dynamic["']/.test(root),
  };
}

/** Seconds of an attribute such as `PT1M2.5S`. Zero means "when an event says so", which is no duration. */
function durationOf(root: string, name: string): number | undefined {
  const value = new RegExp(`\\s${name}\\s*=\\s*["']([^"']{1,32})["']`).exec(root)?.[1] ?? "";
  const [, hours = "0", minutes = "0", seconds = "0"] =
    /^PT(?:([0-9]{1,4})H)?(?:([0-9]{1,6})M)?(?:([0-9]{1,6}(?:\.[0-9]{1,9})?)S)?$/.exec(value) ?? [];
  const total = Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds);
  return total > 0 ? total : undefined;
}

function halfOf(seconds: string | number | undefined): number {
  return seconds === undefined ? DEFAULT_FRESH_MS : Math.min(Number(seconds) * 500, MAX_FRESH_MS);
}
