import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import { WeirError } from "../../core/index.ts";
import type { Hex } from "../../core/index.ts";
import type { Revision, Source, Validators } from "../sources/source.ts";
import { playlistPace } from "./playlistPace.ts";

/** A playlist that no manifest lists, as it may be served now. */
export interface Playlist {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** SHA-256 of `bytes`. */
  readonly contentHash: Hex;
  /** Milliseconds since its origin was asked, and that caches before this one held it. */
  readonly ageMs: number;
}

/** Playlists that change, each kept for half a target duration. */
export interface PlaylistCache {
  /**
   * The newest state of a playlist, at most half a target duration old. Requests at the same time wait for one answer of
   * the origin. While the origin does not answer, a playlist that has ended is served as it was last seen; a live one is
   * not: a player, or a viewer with other relays, does better with an error than with the past.
   *
   * @param stream URL path of the stream
   * @throws WeirError `not-found`, `origin-unavailable`, `oversized-message`, `too-many-requests`
   */
  readonly get: (stream: string, path: string, source: Source) => Promise<Playlist>;
}

interface Kept {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly contentHash: Hex;
  readonly validators: Validators;
  readonly freshMs: number;
  readonly isLive: boolean;
  /** When the origin said so, by the clock of `now`. */
  readonly askedAt: number;
}

/** Largest playlist that is passed on unverified, in bytes. */
const MAX_PLAYLIST_BYTES = 1_048_576;

/** Bytes of playlists that are kept, with a rough guess of what an entry costs beside them. */
const MAX_KEPT_BYTES = 32 * 1_048_576;
const ENTRY_BYTES = 1_024;

/** Playlists that are asked for at a time: names that do not exist must not become a flood at the origin. */
const MAX_ASKING = 256;

/**
 * No playlists yet.
 *
 * @param now milliseconds that never go back; those of this process if left out
 */
export function playlistCache(now: () => number = () => performance.now()): PlaylistCache {
  const kept = new LRUCache<string, Kept>({
    maxSize: MAX_KEPT_BYTES,
    sizeCalculation: ({ bytes }) => bytes.length + ENTRY_BYTES,
  });
  const underWay = new Map<string, Promise<Kept>>();

  const ask = async (key: string, path: string, source: Source): Promise<Kept> => {
    const before = kept.get(key);
    // Counted from here: the answer may have been made the moment after.
    const askedAt = now();
    try {
      const revision = await readRevision(source, path, before?.validators);
      const found = { ...contentOf(revision, before), askedAt: askedAt - revision.age * 1_000 };
      kept.set(key, found);
      return found;
    } catch (error) {
      if (WeirError.is(error, "not-found")) kept.delete(key);
      if (WeirError.is(error, "origin-unavailable") && before?.isLive === false) return before;
      throw error;
    }
  };

  const toServe = ({ bytes, contentHash, askedAt }: Kept): Playlist => {
    return { bytes, contentHash, ageMs: Math.max(0, now() - askedAt) };
  };

  return {
    async get(stream, path, source) {
      const key = stream + path;
      const found = kept.get(key);
      // A file on this machine is read as fast as remembered.
      if (found !== undefined && source.readNewer !== undefined && now() - found.askedAt < found.freshMs) {
        return toServe(found);
      }
      let pending = underWay.get(key);
      if (pending === undefined) {
        if (underWay.size >= MAX_ASKING) {
          throw new WeirError("too-many-requests", "too many playlists are being asked for");
        }
        pending = ask(key, path, source).finally(() => underWay.delete(key));
        underWay.set(key, pending);
      }
      return toServe(await pending);
    },
  };
}

async function readRevision(source: Source, path: string, known: Validators | undefined): Promise<Revision> {
  const maxBytes = MAX_PLAYLIST_BYTES;
  if (source.readNewer === undefined) return { bytes: await source.read(path, { maxBytes }), age: 0 };
  return source.readNewer(path, { maxBytes, known });
}

function contentOf({ bytes, etag, lastModified }: Revision, before: Kept | undefined): Omit<Kept, "askedAt"> {
  if (bytes === undefined) {
    if (before === undefined) throw new WeirError("origin-unavailable", "the origin sent no playlist");
    return before;
  }
  return {
    bytes,
    contentHash: `0x${createHash("sha256").update(bytes).digest("hex")}`,
    validators: { ...(etag === undefined ? {} : { etag }), ...(lastModified === undefined ? {} : { lastModified }) },
    // Latin-1 keeps every byte: what matters here is ASCII, and nothing else is looked at.
    ...playlistPace(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1")),
  };
}
