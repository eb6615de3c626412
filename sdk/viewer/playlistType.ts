/** The media type of a playlist; `undefined` for any other resource. Relays give away playlists alone (L8). */
export function playlistType(path: string): string | undefined {
  if (/\.m3u8$/i.test(path)) return "application/vnd.apple.mpegurl";
  return /\.mpd$/i.test(path) ? "application/dash+xml" : undefined;
}
