import { createHash } from "node:crypto";
import { leafEntry, parseManifest, verifyManifest, WeirError } from "../../core/index.ts";
import type { ByteRange, Hex, Manifest, ManifestLeaf, ManifestTrust, SegmentEntry } from "../../core/index.ts";
import { resolveRange } from "./byteRange.ts";
import type { RequestedRange } from "./byteRange.ts";

/** A resource that the manifest lists. */
export interface ListedResource {
  /** As in the manifest, with its hash in lower case. */
  readonly leaf: ManifestLeaf;
  /** As it enters deliveries and receipts. */
  readonly entry: SegmentEntry;
}

/** The part of a file that answers a request. */
export interface Selection {
  readonly resource: ListedResource;
  /** Changes whenever the file does. */
  readonly tag: Hex;
  /** Set when the answer is a part of the file (206): the bytes of the file that it holds. */
  readonly part?: ByteRange;
  /** Bytes of the whole file, if the manifest says how many there are. */
  readonly total?: number;
}

/** What a manifest says of a file as a whole. */
export interface FileFacts {
  /** Changes whenever a byte of the file does, as far as the manifest lists it. */
  readonly tag: Hex;
  /** Bytes of the whole file, if the manifest says how many there are. */
  readonly size?: number;
}

interface ListedFile {
  whole?: ListedResource;
  readonly parts: Map<string, ListedResource>;
  /** Just past the last listed byte. */
  end: number;
  /** Made when it is first asked for. */
  tag?: Hex;
}

/** One manifest, checked and indexed. */
export interface Catalogue {
  readonly manifest: Manifest;
  /** The very bytes that were checked, to be served as they are. */
  readonly file: Uint8Array<ArrayBuffer>;
  /** SHA-256 of `file`. */
  readonly fileHash: Hex;
  /** Bytes of the largest resource. */
  readonly largestResource: bigint;
  /** Whether any resource of this file is listed. */
  readonly lists: (path: string) => boolean;
  /** What is known of a file; `undefined` if nothing of it is listed. */
  readonly describe: (path: string) => FileFacts | undefined;
  /**
   * What to send for a path and a requested range (H5). A range that the manifest lists is sent as such; any other is
   * ignored if the whole file is listed.
   *
   * @throws WeirError `path-not-listed`, or `range-not-satisfiable` for a range past the end, or an unlisted one of a file
   * whose whole is not listed
   */
  readonly select: (path: string, range: RequestedRange | undefined) => Selection;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads, checks and indexes a manifest file.
 *
 * @param trust the publisher and stream of the relay's own configuration
 * @throws WeirError as `parseManifest` and `verifyManifest` do
 */
export function readCatalogue(file: Uint8Array<ArrayBuffer>, trust: ManifestTrust): Catalogue {
  const manifest = parseManifest(decode(file));
  verifyManifest(manifest, trust);
  const { files, largestResource } = indexLeaves(manifest.leaves);
  return {
    manifest,
    file,
    fileHash: `0x${createHash("sha256").update(file).digest("hex")}`,
    largestResource,
    lists: (path) => files.has(path),
    describe(path) {
      const file = files.get(path);
      if (file === undefined) return undefined;
      const { whole } = file;
      return { tag: (file.tag ??= tagOf(file)), ...(whole === undefined ? {} : { size: Number(whole.leaf.size) }) };
    },
    select(path, range) {
      const found = files.get(path);
      if (found === undefined) throw new WeirError("path-not-listed");
      return { ...selectFrom(found, range), tag: (found.tag ??= tagOf(found)) };
    },
  };
}

function decode(file: Uint8Array): string {
  try {
    return utf8.decode(file);
  } catch (cause) {
    throw new WeirError("manifest-invalid", "the manifest is not UTF-8", { cause });
  }
}

function indexLeaves(leaves: readonly ManifestLeaf[]): { files: Map<string, ListedFile>; largestResource: bigint } {
  const files = new Map<string, ListedFile>();
  let largestResource = 0n;
  for (const listed of leaves) {
    const leaf = { ...listed, contentHash: listed.contentHash.toLowerCase() as Hex };
    const { path, range, size } = leaf;
    const resource = { leaf, entry: leafEntry(leaf) };
    let file = files.get(path);
    if (file === undefined) files.set(path, (file = { parts: new Map(), end: 0 }));
    if (range === undefined) file.whole = resource;
    else file.parts.set(rangeKey(range), resource);
    file.end = Math.max(file.end, range === undefined ? Number(size) : range.last + 1);
    if (size > largestResource) largestResource = size;
  }
  return { files, largestResource };
}

/** All parts of a file have one tag, that of the file: clients put them together by it (RFC 9110, section 15.3.7.3). */
function tagOf({ whole, parts }: ListedFile): Hex {
  if (whole !== undefined) return whole.leaf.contentHash;
  const listed = [...parts].map(([range, { leaf }]) => `${range} ${leaf.contentHash}\n`);
  return `0x${createHash("sha256").update(listed.toSorted().join("")).digest("hex")}`;
}

function selectFrom({ whole, parts, end }: ListedFile, requested: RequestedRange | undefined): Omit<Selection, "tag"> {
  if (requested !== undefined) {
    const part = resolveRange(requested, whole === undefined ? end : Number(whole.leaf.size));
    const resource = parts.get(rangeKey(part));
    if (resource !== undefined)
      return { resource, part, ...(whole === undefined ? {} : { total: Number(whole.leaf.size) }) };
  }
  if (whole !== undefined) return { resource: whole, total: Number(whole.leaf.size) };
  if (requested !== undefined) throw new WeirError("range-not-satisfiable", "the manifest does not list this range");
  throw new WeirError("path-not-listed", "the manifest lists only ranges of this file");
}

function rangeKey({ first, last }: ByteRange): string {
  return `${first}-${last}`;
}
