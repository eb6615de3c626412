import { WeirError } from "../core/weirError.ts";
import { TOKEN_PARAMETER } from "../http/index.ts";
import { firstSuccess } from "./contest.ts";
import { playlistSequence } from "./playlistSequence.ts";
import type { RelayLink } from "./relayLink.ts";
import type { RelayPool } from "./relayPool.ts";
import type { TransferOptions } from "./transfer.ts";

/** Within what relays give away (T5). */
const MAX_PLAYLIST_BYTES = 1 << 20;
const STAGGER_MS = 500;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** The media type of a playlist; `undefined` for any other resource. Relays give away playlists alone (L8). */
export function playlistType(path: string): string | undefined {
  if (/\.m3u8$/i.test(path)) return "application/vnd.apple.mpegurl";
  return /\.mpd$/i.test(path) ? "application/dash+xml" : undefined;
}

/**
 * Loads playlists that the manifest does not list: those of live streams, which change all the time. They are free and nobody
 * vouches for them: a relay can invent one, but not the segments that it names, and it cannot go back to an older one.
 *
 * @returns a function of path and signal, which throws `no-relay-left`
 */
export function playlistLoader(
  links: readonly RelayLink[],
  pool: RelayPool,
  { config, events }: Pick<TransferOptions, "config" | "events">,
): (path: string, signal: AbortSignal) => Promise<Uint8Array<ArrayBuffer>> {
  const { clock, directory, timing } = config;
  const sequences = new Map<string, number>();

  async function loadFrom(link: RelayLink, path: string, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const token = encodeURIComponent(link.driver?.token ?? "");
    const url = `${directory}${path}?${TOKEN_PARAMETER}=${token}`;
    const answer = await link.wire.free(url, MAX_PLAYLIST_BYTES, signal);
    const error = answer.ok ? checkSequence(path, answer.value.body) : answer.problem.error;
    if (!answer.ok || error !== undefined) {
      if (error) events.emit({ type: "failed", relay: link.wire.origin, what: path, error });
      throw error ?? new WeirError("internal");
    }
    return answer.value.body;
  }

  function checkSequence(path: string, body: Uint8Array): WeirError | undefined {
    let text: string;
    try {
      text = utf8.decode(body);
    } catch (cause) {
      return new WeirError("malformed-message", "the playlist is not UTF-8", { cause });
    }
    const sequence = playlistSequence(text);
    if (sequence === undefined) return undefined;
    if (sequence < (sequences.get(path) ?? 0)) return new WeirError("manifest-stale", "the playlist went back in time");
    sequences.set(path, sequence);
    return undefined;
  }

  return async (path, signal) => {
    const giveUpAt = clock.now() + timing.giveUp;
    const asked = new Set<RelayLink>();
    const failures: unknown[] = [];
    const rest = (): RelayLink[] => links.filter((link) => !asked.has(link) && link.readyIn() !== undefined);
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
    throw new WeirError("no-relay-left", `nobody has the playlist ${path}`, { cause: new AggregateError(failures) });
  };
}
