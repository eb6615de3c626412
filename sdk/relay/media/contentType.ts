/** Media types of what streams are made of; players refuse playlists and subtitles under a wrong one. */
const TYPES: Readonly<Record<string, string>> = {
  m3u8: "application/vnd.apple.mpegurl",
  mpd: "application/dash+xml",
  ts: "video/mp2t",
  m2ts: "video/mp2t",
  mp4: "video/mp4",
  m4v: "video/mp4",
  m4s: "video/iso.segment",
  cmfv: "video/mp4",
  cmfa: "audio/mp4",
  cmft: "application/mp4",
  m4a: "audio/mp4",
  aac: "audio/aac",
  mp3: "audio/mpeg",
  ac3: "audio/ac3",
  ec3: "audio/eac3",
  webm: "video/webm",
  weba: "audio/webm",
  vtt: "text/vtt; charset=utf-8",
  ttml: "application/ttml+xml",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  png: "image/png",
  webp: "image/webp",
  json: "application/json",
  key: "application/octet-stream",
};

/** The media type of a file by the ending of its name; `application/octet-stream` for any other. */
export function contentType(path: string): string {
  const extension = /\.([A-Za-z0-9]+)$/.exec(path)?.[1]?.toLowerCase() ?? "";
  return (Object.hasOwn(TYPES, extension) ? TYPES[extension] : undefined) ?? "application/octet-stream";
}
