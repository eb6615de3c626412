import { playlistReferences } from "../core/playlistReferences.ts";
import { WeirError } from "../core/weirError.ts";

/** What the publisher of a live stream must know of an HLS playlist (RFC 8216). */
export interface LivePlaylist {
  /** Its canonical path relative to the manifest. */
  readonly path: string;
  readonly text: string;
  /** Whether it lists renditions instead of segments. */
  readonly isMaster: boolean;
  /** Canonical paths of the segments and initialization sections that it names; of a multivariant playlist none. */
  readonly resources: readonly string[];
  /** Number of its first segment in the whole stream. */
  readonly mediaSequence: number;
  /** Whether nothing comes after its last segment. */
  readonly ended: boolean;
  /** Milliseconds of all its segments, and of the longest. */
  readonly durationMs: number;
  readonly longestMs: number;
}

/**
 * Reads a playlist of a live stream.
 *
 * @param path its canonical path relative to the manifest
 * @throws WeirError `manifest-invalid` if it is no playlist, is cut off, or names parts of files: a file that grows has no
 * hash
 */
export function readLivePlaylist(text: string, path: string): LivePlaylist {
  const references = playlistReferences(text, path);
  if (!text.endsWith("\n")) throw invalid(path, "ends in the middle of a line: it was not written whole");
  const isMaster = /^#EXT-X-STREAM-INF:/m.test(text);
  if (!isMaster && references.some(({ range }) => range !== undefined)) {
    throw invalid(path, "names parts of files; let the encoder write a file for each segment (ffmpeg: no single_file)");
  }
  const durations = Array.from(text.matchAll(/^#EXTINF:([0-9]{1,9}(?:\.[0-9]{0,9})?)/gm), ([, seconds]) => {
    return Number(seconds) * 1_000;
  });
  return {
    path,
    text,
    isMaster,
    resources: isMaster ? [] : [...new Set(references.map((reference) => reference.path))],
    mediaSequence: Number(/^#EXT-X-MEDIA-SEQUENCE:([0-9]{1,15})\s*$/m.exec(text)?.[1] ?? 0),
    ended: /^#EXT-X-ENDLIST\s*$/m.test(text),
    durationMs: durations.reduce((sum, each) => sum + each, 0),
    longestMs: Math.max(0, ...durations),
  };
}

function invalid(path: string, reason: string): WeirError {
  return new WeirError("manifest-invalid", `the playlist ${path} ${reason}`);
}
