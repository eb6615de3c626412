import type { ByteRange } from "../../core/path.ts";

/**
 * A segment as hls.js and p2p-media-loader know it in this page: its URL, with the part of the file in the fragment, as the
 * names of resources have it (L2). p2p-media-loader never gets to see a byte range, because a request of one that a peer began
 * and nobody finished can never be completed over HTTP.
 */
export function segmentKey(url: string, range?: ByteRange): string {
  const [address = ""] = url.split("#", 1);
  return range === undefined ? address : `${address}#${range.first}-${range.last}`;
}

/** The URL of a segment and the part of it. The inverse of `segmentKey`. */
export function readSegmentKey(key: string): { readonly url: string; readonly range?: ByteRange } {
  const match = /^(.*)#(\d+)-(\d+)$/.exec(key);
  if (match === null) return { url: key };
  const [, url = "", first, last] = match;
  return { url, range: { first: Number(first), last: Number(last) } };
}

/** The range that hls.js means: it counts the end exclusively, and a range that ends at zero is none. */
export function hlsRange(start: number | undefined, end: number | undefined): ByteRange | undefined {
  return end === undefined || end <= 0 ? undefined : { first: start ?? 0, last: end - 1 };
}
