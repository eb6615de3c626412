/** Characters within which the root element of a DASH manifest states its attributes. */
const MAX_ROOT = 8_192;

/**
 * How far a live playlist has come: the media sequence number of HLS, or the publish time of DASH in milliseconds;
 * `undefined` if it does not say. A playlist that falls behind one seen before is an old one replayed.
 */
export function playlistSequence(text: string): number | undefined {
  const media = /^#EXT-X-MEDIA-SEQUENCE:([0-9]{1,15})\s*$/m.exec(text)?.[1];
  if (media !== undefined) return Number(media);
  if (text.startsWith("#EXTM3U")) return undefined;
  const start = text.indexOf("<MPD");
  // The root element alone, and not much of it: a hostile playlist must not make the search expensive.
  const root = start < 0 ? "" : (text.slice(start, start + MAX_ROOT).split(">", 1)[0] ?? "");
  const published = /\spublishTime\s{0,8}=\s{0,8}["']([^"']{1,64})["']/.exec(root)?.[1];
  const time = published === undefined ? NaN : Date.parse(published);
  return Number.isNaN(time) ? undefined : time;
}
