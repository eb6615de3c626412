import type { ManifestLeaf } from "../core/manifest.ts";
import type { LivePlaylist } from "./livePlaylist.ts";

/**
 * What the manifest of a live stream lists: everything that a playlist in sight names, and what it named until a while ago.
 * Times are milliseconds of any one clock.
 */
export interface LiveWindow {
  /** What is known of a resource; `undefined` if nothing is. */
  leaf(path: string): ManifestLeaf | undefined;
  /** Lists a resource, for good if no time is given. */
  add(leaf: ManifestLeaf, until?: number): void;
  /** Lists a resource no more. */
  remove(path: string): void;
  /** A playlist is in sight from now on, in the place of its last state. What only that one named goes after `keepMs`. */
  show(playlist: LivePlaylist, now: number): void;
  /** Every playlist in sight. */
  readonly shown: ReadonlyMap<string, LivePlaylist>;
  /**
   * How long what leaves a playlist stays listed: the length of the longest playlist and of its longest segment, because a
   * player may have just loaded the playlist, and begins its first segment last (RFC 8216, section 6.2.2).
   */
  keepMs(): number;
  /** Drops what is due. @returns its paths */
  expire(now: number): string[];
  /** Everything that is listed, in the order in which it was added. */
  leaves(): ManifestLeaf[];
}

/** An empty window. */
export function liveWindow(): LiveWindow {
  const entries = new Map<string, { readonly leaf: ManifestLeaf; until: number | undefined }>();
  const shown = new Map<string, LivePlaylist>();

  const keepMs = (): number =>
    Math.max(0, ...Array.from(shown.values(), ({ durationMs, longestMs }) => durationMs + longestMs));

  return {
    shown,
    keepMs,
    leaf: (path) => entries.get(path)?.leaf,
    add(leaf, until) {
      entries.set(leaf.path, { leaf, until });
    },
    remove(path) {
      entries.delete(path);
    },
    show(playlist, now) {
      const before = shown.get(playlist.path);
      shown.set(playlist.path, playlist);
      const named = new Set(Array.from(shown.values(), ({ resources }) => resources).flat());
      // As long as the longer of the two states of the playlist says: players may have loaded either.
      const until = now + Math.max(keepMs(), (before?.durationMs ?? 0) + (before?.longestMs ?? 0));
      for (const path of before?.resources ?? []) {
        const entry = entries.get(path);
        if (entry !== undefined && !named.has(path)) entry.until ??= until;
      }
      for (const path of playlist.resources) {
        const entry = entries.get(path);
        if (entry !== undefined) entry.until = undefined;
      }
    },
    expire(now) {
      const due = [...entries].filter(([, { until }]) => until !== undefined && until <= now).map(([path]) => path);
      for (const path of due) entries.delete(path);
      return due;
    },
    leaves: () => Array.from(entries.values(), ({ leaf }) => leaf),
  };
}
