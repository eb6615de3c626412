import { WeirError } from "../core/weirError.ts";
import { TOKEN_PARAMETER } from "../http/index.ts";
import { firstSuccess } from "./contest.ts";
import { coverPlaylist } from "./coverPlaylist.ts";
import type { PlaylistCover } from "./coverPlaylist.ts";
import { playlistSequence } from "./playlistSequence.ts";
import type { RelayLink } from "./relayLink.ts";
import type { RelayPool } from "./relayPool.ts";
import type { ManifestSource, StreamManifest } from "./streamManifest.ts";
import type { TransferOptions } from "./transfer.ts";

/** Within what relays give away (T5). */
const MAX_PLAYLIST_BYTES = 1 << 20;
const STAGGER_MS = 500;
/** How long a playlist waits for the manifest that covers it. */
const HOLD_MS = 1_000;
/** Target durations without news after which another relay is asked: a publisher takes one and a half (RFC 8216, 6.2.1). */
const OVERDUE_DURATIONS = 1.5;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Loads playlists that the manifest does not list: those of live streams, which change all the time. They are free and nobody
 * vouches for them: a relay can invent one, but not the segments that it names, and it cannot go back to an older one.
 *
 * A playlist of segments is shown as far as the manifest covers it. The manifest is asked for together with the playlist, so
 * that this takes no time of its own, and again at once if the playlist is ahead of it. A relay whose playlist stands still
 * is not the first to be asked the next time.
 *
 * @returns a function of path and signal, which throws `no-relay-left` and `publisher-silent`
 */
export function playlistLoader(
  links: readonly RelayLink[],
  pool: RelayPool,
  source: ManifestSource,
  { config, events }: Pick<TransferOptions, "config" | "events">,
): (path: string, signal: AbortSignal) => Promise<string> {
  const { clock, directory, timing } = config;
  const followed = new Map<string, FollowedPlaylist>();

  async function loadFrom(link: RelayLink, path: string, signal: AbortSignal): Promise<string> {
    const token = encodeURIComponent(link.driver?.token ?? "");
    const url = `${directory}${path}?${TOKEN_PARAMETER}=${token}`;
    source.prepare(link.wire);
    const answer = await link.wire.free(url, MAX_PLAYLIST_BYTES, signal);
    try {
      if (!answer.ok) throw answer.problem.error;
      const text = decode(answer.value.body);
      const sequence = playlistSequence(text);
      const before = followed.get(path);
      if (sequence !== undefined && sequence < (before?.sequence ?? 0)) {
        throw new WeirError("manifest-stale", "the playlist went back in time");
      }
      const cover = await coverOf(text, path, link, signal);
      if (cover === undefined)
        throw new WeirError("manifest-stale", "the manifest lists nothing that the playlist names");
      follow(path, link, { sequence, text });
      return cover.text;
    } catch (error) {
      if (WeirError.is(error)) events.emit({ type: "failed", relay: link.wire.origin, what: path, error });
      throw error;
    }
  }

  async function coverOf(
    text: string,
    path: string,
    link: RelayLink,
    signal: AbortSignal,
  ): Promise<PlaylistCover | undefined> {
    const coverBy = ({ leaves }: StreamManifest): PlaylistCover | undefined =>
      coverPlaylist(text, path, (name) => leaves.has(name));
    const known = coverBy(await source.current(signal));
    if (known?.isWhole === true) return known;
    const until = clock.now() + HOLD_MS;
    return coverBy(await source.seek((newer) => coverBy(newer)?.isWhole === true, link.wire, until, signal));
  }

  function follow(
    path: string,
    link: RelayLink,
    { sequence, text }: Pick<FollowedPlaylist, "sequence" | "text">,
  ): void {
    const before = followed.get(path);
    // One that a slower relay sent is of no interest any more.
    if ((sequence ?? 0) < (before?.sequence ?? 0)) return;
    const newsAt = before?.text === text ? before.newsAt : clock.now();
    followed.set(path, { link, newsAt, sequence, text });
  }

  /** The relay that the last state came from, as long as there is news; then all others first. */
  function orderFor(path: string): readonly RelayLink[] {
    const last = followed.get(path);
    if (last === undefined) return links;
    const others = links.filter((link) => link !== last.link);
    const target = Number(/^#EXT-X-TARGETDURATION:([0-9]{1,6})/m.exec(last.text)?.[1] ?? Infinity);
    const isOverdue = clock.now() - last.newsAt > OVERDUE_DURATIONS * target * 1_000;
    return isOverdue ? [...others, last.link] : [last.link, ...others];
  }

  return async (path, signal) => {
    const giveUpAt = clock.now() + timing.giveUp;
    const order = orderFor(path);
    const asked = new Set<RelayLink>();
    const failures: unknown[] = [];
    const rest = (): RelayLink[] => order.filter((link) => !asked.has(link) && link.readyIn() !== undefined);
    const found = await firstSuccess(
      {
        start() {
          pool.warm();
          const link = rest().find((each) => each.driver?.state.phase === "open");
          if (link === undefined) return undefined;
          asked.add(link);
          return loadFrom(link, path, signal);
        },
        patience: () => (rest().length > 0 && clock.now() < giveUpAt ? STAGGER_MS : undefined),
      },
      clock,
      signal,
      failures,
    );
    if (found !== undefined) return found;
    const silent = failures.find((failure) => WeirError.is(failure, "publisher-silent"));
    if (silent !== undefined) throw silent;
    // If the manifest ran out while relays were asked, they are not to blame.
    await source.current(signal);
    throw new WeirError("no-relay-left", `nobody has the playlist ${path}`, { cause: new AggregateError(failures) });
  };
}

/** The newest state of a playlist that a player has got. */
interface FollowedPlaylist {
  /** Where it came from. */
  readonly link: RelayLink;
  /** See `playlistSequence`. */
  readonly sequence: number | undefined;
  readonly text: string;
  /** When it was first seen, by the viewer's clock. */
  readonly newsAt: number;
}

function decode(body: Uint8Array): string {
  try {
    return utf8.decode(body);
  } catch (cause) {
    throw new WeirError("malformed-message", "the playlist is not UTF-8", { cause });
  }
}
