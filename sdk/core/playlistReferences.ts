import { canonicalPath } from "./path.ts";
import type { ByteRange } from "./path.ts";
import { WeirError } from "./weirError.ts";

/** A file, or a part of one, that a playlist tells players to fetch. */
export interface PlaylistReference {
  /** Canonical path relative to the manifest. */
  readonly path: string;
  /** The part that is fetched; the whole file if absent. */
  readonly range?: ByteRange;
}

// A playlist is read for one thing only, so this is not a parser of HLS: of its tags three can name a byte range.
const BYTE_RANGE = /^([1-9][0-9]{0,15})(?:@(0|[1-9][0-9]{0,15}))?$/;
const ATTRIBUTES = /([A-Z0-9-]+)=(?:"([^"\r\n]*)"|([^",\s]*))(?:,|$)/g;

// Any directory does, as long as a reference that climbs out of it can be told from one that stays.
const DIRECTORY = "http://manifest.invalid/directory/";

/**
 * What an HLS playlist (RFC 8216) refers to, in its order: segments, parts and initialization sections, with their byte
 * ranges, and in a multivariant playlist the variants. References to other hosts or out of the manifest's directory are
 * left out, because no manifest can list them.
 *
 * @param text the playlist
 * @param playlist its canonical path relative to the manifest
 * @throws WeirError `manifest-invalid` if the text is not a playlist, names an impossible byte range, or uses a variable
 * that it does not define
 */
export function playlistReferences(text: string, playlist: string): PlaylistReference[] {
  const lines = text.split(/\r?\n/);
  if (lines[0]?.trimEnd() !== "#EXTM3U") throw invalid(playlist, "does not begin with #EXTM3U");

  const references: PlaylistReference[] = [];
  const variables = new Map<string, string>();
  // Where the previous sub-range of a file ended: a range without an offset begins there (RFC 8216 section 4.3.2.2).
  const ends = new Map<string, number>();
  let segmentRange: string | undefined;

  const substitute = (value: string): string =>
    value.replace(/\{\$([A-Za-z0-9_-]+)\}/g, (_, name: string) => {
      const known = variables.get(name);
      if (known === undefined) throw invalid(playlist, `uses the variable ${name}, which it does not define`);
      return known;
    });
  const refer = (uri: string, range: string | undefined): void => {
    const path = localPath(substitute(uri), playlist);
    if (path === undefined) return;
    if (range === undefined) {
      references.push({ path });
      return;
    }
    const [length = NaN, offset = ends.get(path) ?? 0] = parseByteRange(range, playlist);
    ends.set(path, offset + length);
    references.push({ path, range: { first: offset, last: offset + length - 1 } });
  };

  for (const line of lines) {
    if (line !== "" && !line.startsWith("#")) {
      refer(line.trimEnd(), segmentRange);
      segmentRange = undefined;
      continue;
    }
    const [, tag, value = ""] = /^#(EXT-X-[A-Z-]+):(.*)$/.exec(line.trimEnd()) ?? [];
    if (tag === "EXT-X-BYTERANGE") segmentRange = value;
    if (tag !== "EXT-X-MAP" && tag !== "EXT-X-PART" && tag !== "EXT-X-DEFINE") continue;
    const attributes = parseAttributes(value);
    const name = attributes.get("NAME");
    if (tag === "EXT-X-DEFINE") {
      if (name !== undefined) variables.set(name, attributes.get("VALUE") ?? "");
      continue;
    }
    const uri = attributes.get("URI");
    if (uri === undefined) throw invalid(playlist, `has an ${tag} without a URI`);
    refer(uri, attributes.get("BYTERANGE"));
  }
  return references;
}

function parseByteRange(text: string, playlist: string): number[] {
  const numbers = BYTE_RANGE.exec(text)?.slice(1);
  if (numbers === undefined) throw invalid(playlist, `has a byte range ${JSON.stringify(text)}`);
  return numbers.filter((number) => (number as string | undefined) !== undefined).map(Number);
}

function parseAttributes(text: string): Map<string, string> {
  const found = text.matchAll(ATTRIBUTES);
  return new Map(Array.from(found, ([, name = "", quoted, bare = ""]) => [name, quoted ?? bare]));
}

function localPath(uri: string, playlist: string): string | undefined {
  const base = DIRECTORY + playlist;
  if (!URL.canParse(uri, base)) throw invalid(playlist, `refers to ${JSON.stringify(uri)}, which is not a URL`);
  const { href } = new URL(uri, base);
  return href.startsWith(DIRECTORY) ? canonicalPath(href, DIRECTORY) : undefined;
}

function invalid(playlist: string, reason: string): WeirError {
  return new WeirError("manifest-invalid", `the playlist ${playlist} ${reason}`);
}
