import { canonicalPath } from "../core/path.ts";

/** A live playlist beside a manifest. */
export interface PlaylistCover {
  /** The playlist up to the last segment that may be shown. */
  readonly text: string;
  /** Whether nothing had to be left out. */
  readonly isWhole: boolean;
}

/** Any directory does. */
const DIRECTORY = "http://a/";

/**
 * As much of an HLS playlist as a manifest covers. Its newest segments may be listed a moment later; its oldest are listed no
 * more, and no player asks for them. Other formats, playlists with variables and parts of files are taken as they are: what
 * they name is looked up piece by piece.
 *
 * @param playlist its canonical path
 * @param lists whether the manifest lists a resource of this path
 * @returns `undefined` if it names segments and none of them is listed: it is of another time, or of another stream
 */
export function coverPlaylist(
  text: string,
  playlist: string,
  lists: (path: string) => boolean,
): PlaylistCover | undefined {
  const whole = { text, isWhole: true };
  if (!/^#EXTINF:/m.test(text) || /^#EXT-X-(?:DEFINE|BYTERANGE):/m.test(text)) return whole;
  const lines = text.split("\n");
  let end = 0;
  for (const [index, line] of lines.entries()) {
    const uri = line.trim();
    if (uri === "" || uri.startsWith("#")) continue;
    if (isListed(uri)) end = index + 1;
    else if (end > 0) return { text: `${lines.slice(0, end).join("\n")}\n`, isWhole: false };
  }
  return end > 0 ? whole : undefined;

  function isListed(uri: string): boolean {
    try {
      return lists(canonicalPath(new URL(uri, DIRECTORY + playlist).href, DIRECTORY));
    } catch {
      // It is no URL, or leads out of the stream.
      return false;
    }
  }
}
