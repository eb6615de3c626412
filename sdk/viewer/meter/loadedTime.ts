/** What loaded a part of the video: a media element, or anything with its ranges. */
export interface MeteredMedia {
  /** Seconds of the video that wait to be played (`TimeRanges`). */
  readonly buffered: {
    readonly length: number;
    start(index: number): number;
    end(index: number): number;
  };
}

/** Seconds of the video, from the first to the second. */
type Span = readonly [start: number, end: number];

/**
 * Counts how many seconds of video were loaded. What is loaded a second time, after a seek or in another quality, counts
 * again if it had left the buffer: it was paid for again too.
 *
 * @returns seconds up to now; to be asked often enough to see every part that passes through the buffer
 */
export function loadedTime(media: MeteredMedia): () => number {
  let known = spans(media.buffered);
  let seconds = 0;
  return () => {
    const now = spans(media.buffered);
    seconds += now.reduce((sum, span) => sum + length(span) - overlap(span, known), 0);
    known = now;
    return seconds;
  };
}

function spans(ranges: MeteredMedia["buffered"]): Span[] {
  return Array.from({ length: ranges.length }, (_, index) => [ranges.start(index), ranges.end(index)] as const);
}

function length([start, end]: Span): number {
  return Math.max(0, end - start);
}

/** Spans of one buffer never overlap each other. */
function overlap([start, end]: Span, others: readonly Span[]): number {
  return others.reduce((sum, [from, to]) => sum + length([Math.max(start, from), Math.min(end, to)]), 0);
}
