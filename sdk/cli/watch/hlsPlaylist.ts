import { WeirError } from "../../core/index.ts";
import type { ByteRange } from "../../core/index.ts";

/** One rendition of a multivariant playlist (RFC 8216, section 4.3.4). */
export interface HlsVariant {
  readonly uri: string;
  /** Bits per second at most. */
  readonly bandwidth: number;
  /** Lines of the picture, if it says so. */
  readonly height: number | undefined;
  /** The group that its sound is in, if it has none of its own. */
  readonly audio: string | undefined;
}

/** Sound that is kept apart from the picture. */
export interface HlsAudio {
  readonly uri: string;
  readonly group: string;
  readonly isDefault: boolean;
}

/** A playlist that lists others. */
export interface HlsMaster {
  readonly type: "master";
  readonly variants: readonly HlsVariant[];
  readonly audio: readonly HlsAudio[];
}

/** A file, or a part of one. */
export interface HlsPiece {
  readonly uri: string;
  readonly range: ByteRange | undefined;
}

/** One segment. */
export interface HlsSegment extends HlsPiece {
  /** Its number in the whole stream. */
  readonly sequence: number;
  /** Seconds. */
  readonly duration: number;
  /** What must stand before it: the initialisation section of fragmented MP4. */
  readonly map: HlsPiece | undefined;
  readonly encrypted: boolean;
}

/** A playlist of segments. */
export interface HlsMedia {
  readonly type: "media";
  /** Seconds; no segment is longer. */
  readonly targetDuration: number;
  /** Whether nothing comes after the last segment; a live stream goes on. */
  readonly ended: boolean;
  readonly segments: readonly HlsSegment[];
}

/** Lines in a playlist, and characters in a line: more than any stream has, less than what stops a machine. */
const MAX_LINES = 200_000;
const MAX_LINE = 16_384;

/**
 * Reads an HLS playlist (RFC 8216). What it does not know it passes over, as the RFC wants.
 *
 * @throws WeirError `malformed-message` for what no player could play
 */
export function parseHlsPlaylist(text: string): HlsMaster | HlsMedia {
  const lines = text.split(/\r?\n/, MAX_LINES + 1);
  if (lines.length > MAX_LINES || lines.some((line) => line.length > MAX_LINE)) throw malformed("it is too long");
  if (lines[0]?.trimEnd().replace(/^\uFEFF/, "") !== "#EXTM3U") throw malformed("it does not begin with #EXTM3U");
  const isMaster = lines.some((line) => line.startsWith("#EXT-X-STREAM-INF:"));
  return isMaster ? readMaster(lines) : readMedia(lines);
}

function readMaster(lines: readonly string[]): HlsMaster {
  const variants: HlsVariant[] = [];
  const audio: HlsAudio[] = [];
  let next: ReadonlyMap<string, string> | undefined;
  for (const line of lines) {
    const tag = tagOf(line);
    if (tag?.name === "EXT-X-STREAM-INF") next = attributesOf(tag.value);
    else if (tag?.name === "EXT-X-MEDIA") {
      const attributes = attributesOf(tag.value);
      const uri = attributes.get("URI");
      // Without a URI the sound is in the picture's own segments.
      if (attributes.get("TYPE") !== "AUDIO" || uri === undefined) continue;
      audio.push({ uri, group: attributes.get("GROUP-ID") ?? "", isDefault: attributes.get("DEFAULT") === "YES" });
    } else if (next !== undefined && isUri(line)) {
      const height = /^[0-9]{1,6}x([0-9]{1,6})$/.exec(next.get("RESOLUTION") ?? "")?.[1];
      variants.push({
        uri: line.trim(),
        bandwidth: wholeNumber(next.get("BANDWIDTH") ?? "", "BANDWIDTH"),
        height: height === undefined ? undefined : Number(height),
        audio: next.get("AUDIO"),
      });
      next = undefined;
    }
  }
  if (variants.length === 0) throw malformed("it lists no variant");
  return { type: "master", variants, audio };
}

function readMedia(lines: readonly string[]): HlsMedia {
  const segments: HlsSegment[] = [];
  let targetDuration: number | undefined;
  let sequence = 0;
  let duration: number | undefined;
  let range: string | undefined;
  let map: HlsPiece | undefined;
  let encrypted = false;
  let ended = false;
  let gap = false;
  let before: HlsPiece | undefined;
  for (const line of lines) {
    const tag = tagOf(line);
    switch (tag?.name) {
      case "EXT-X-TARGETDURATION":
        targetDuration = wholeNumber(tag.value, "TARGETDURATION");
        break;
      case "EXT-X-MEDIA-SEQUENCE":
        sequence = wholeNumber(tag.value, "MEDIA-SEQUENCE");
        break;
      case "EXTINF":
        duration = seconds(tag.value);
        break;
      case "EXT-X-BYTERANGE":
        range = tag.value;
        break;
      case "EXT-X-MAP": {
        const attributes = attributesOf(tag.value);
        const uri = attributes.get("URI");
        if (uri === undefined) throw malformed("EXT-X-MAP has no URI");
        const part = attributes.get("BYTERANGE");
        map = { uri, range: part === undefined ? undefined : rangeOf(part, 0) };
        break;
      }
      case "EXT-X-KEY":
        encrypted = attributesOf(tag.value).get("METHOD") !== "NONE";
        break;
      case "EXT-X-GAP":
        gap = true;
        break;
      case "EXT-X-ENDLIST":
        ended = true;
        break;
      default: {
        if (!isUri(line)) break;
        if (duration === undefined) throw malformed("a segment has no EXTINF");
        const uri = line.trim();
        // A part without an offset goes on where the one before it in the same file ended.
        const start = before?.uri === uri && before.range !== undefined ? before.range.last + 1 : undefined;
        const piece = { uri, range: range === undefined ? undefined : rangeOf(range, start) };
        if (!gap) segments.push({ ...piece, sequence, duration, map, encrypted });
        before = piece;
        sequence += 1;
        duration = undefined;
        range = undefined;
        gap = false;
      }
    }
  }
  if (targetDuration === undefined) throw malformed("it has no EXT-X-TARGETDURATION");
  return { type: "media", targetDuration, ended, segments };
}

function tagOf(line: string): { readonly name: string; readonly value: string } | undefined {
  if (!line.startsWith("#EXT")) return undefined;
  const colon = line.indexOf(":");
  return colon < 0
    ? { name: line.slice(1).trimEnd(), value: "" }
    : { name: line.slice(1, colon), value: line.slice(colon + 1).trimEnd() };
}

function isUri(line: string): boolean {
  return line.trim() !== "" && !line.startsWith("#");
}

/** `NAME=value,NAME="a, b"` (RFC 8216, section 4.2). What comes after something else is left out. */
function attributesOf(value: string): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  // Sticky: a search from every character on would take the square of a long line's length.
  const next = /\s*([A-Z0-9-]+)=(?:"([^"]*)"|([^",]*))(?:,|$)/y;
  for (let match = next.exec(value); match !== null; match = next.exec(value)) {
    const [, name = "", quoted, plain = ""] = match;
    attributes.set(name, quoted ?? plain.trim());
  }
  return attributes;
}

/** `length@offset`, or `length` after a part of the same file. */
function rangeOf(text: string, start: number | undefined): ByteRange {
  const [, length, offset] = /^([0-9]{1,15})(?:@([0-9]{1,15}))?$/.exec(text.trim()) ?? [];
  const first = offset === undefined ? start : Number(offset);
  const size = Number(length ?? 0);
  if (first === undefined || size === 0) throw malformed(`${text} is no byte range`);
  return { first, last: first + size - 1 };
}

function seconds(text: string): number {
  const [, number] = /^([0-9]{1,9}(?:\.[0-9]{0,9})?)(?:,|$)/.exec(text.trim()) ?? [];
  if (number === undefined) throw malformed(`EXTINF says ${text}`);
  return Number(number);
}

function wholeNumber(text: string, name: string): number {
  if (!/^[0-9]{1,15}$/.test(text.trim())) throw malformed(`${name} is no whole number`);
  return Number(text);
}

function malformed(reason: string): WeirError {
  return new WeirError("malformed-message", `the playlist cannot be played: ${reason}`);
}
