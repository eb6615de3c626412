/** The part of a media element that tells how long it can play without getting anything. */
export type PlayerMedia = Pick<HTMLMediaElement, "buffered" | "currentTime" | "playbackRate">;

/** A start that is cut a few frames late is no gap: players jump over it. In seconds. */
const SMALL_GAP = 0.25;

/** Milliseconds that the element can play from where it is; undefined if there is none. */
export function bufferedMs(media: PlayerMedia | null | undefined): number | undefined {
  if (media === null || media === undefined) return undefined;
  const { buffered, currentTime, playbackRate } = media;
  for (let index = 0; index < buffered.length; index++) {
    if (buffered.start(index) - SMALL_GAP > currentTime || buffered.end(index) <= currentTime) continue;
    return (1_000 * (buffered.end(index) - currentTime)) / Math.max(1, Math.abs(playbackRate));
  }
  return 0;
}
