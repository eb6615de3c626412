import { encodeWords } from "./abiWords.ts";
import { manifestDomain } from "./domain.ts";
import { assertAddress, bytesToHex, isHex, isSameAddress, parseUint } from "./hex.ts";
import type { Address, Hex } from "./hex.ts";
import { keccak256 } from "./keccak256.ts";
import { leafHash, merkleRoot } from "./merkleTree.ts";
import { parseResourceName, resourceId, resourceName } from "./path.ts";
import type { ByteRange } from "./path.ts";
import type { SegmentEntry } from "./receipt.ts";
import { assertSigner } from "./signature.ts";
import type { CompactSignature } from "./signature.ts";
import { hashMessage } from "./typedData.ts";
import { WeirError } from "./weirError.ts";

/** One resource that a manifest lists. */
export interface ManifestLeaf {
  /** Canonical path relative to the manifest. */
  readonly path: string;
  /** The part of the file that this leaf is about; the whole file if absent. */
  readonly range?: ByteRange;
  /** SHA-256 of the bytes. */
  readonly contentHash: Hex;
  /** Bytes, from one to 2^53 - 1. */
  readonly size: bigint;
}

/** What a publisher signs about a stream, without the signature. */
export interface ManifestContent {
  /** Who signs. A claim of the file until `verifyManifest` compared it with a publisher from one's own configuration. */
  readonly publisher: Address;
  /** The publisher's own name for the stream; 1 to 256 bytes of UTF-8. */
  readonly name: string;
  /** Rises with every new manifest of the stream; uint64. */
  readonly sequence: bigint;
  /** Unix seconds after which it is no longer good; uint64. */
  readonly notAfter: bigint;
  /** Every resource of the stream, or of the live window. */
  readonly leaves: readonly ManifestLeaf[];
}

/** A publisher's signed list of a stream's resources. */
export interface Manifest extends ManifestContent {
  /** `streamId(publisher, name)`. */
  readonly streamId: Hex;
  /** The Merkle root over `leaves`. */
  readonly root: Hex;
  readonly signature: CompactSignature;
}

/** How much of a stranger's manifest to read. */
export interface ManifestLimits {
  /** Most resources; 100,000 if left out. */
  readonly maxLeaves?: number;
  /** Most bytes of JSON text; 8 MiB if left out. Does not apply to JSON that was parsed before. */
  readonly maxBytes?: number;
}

/** What a reader demands of a manifest. */
export interface ManifestTrust {
  /** The trust anchor: from the reader's own configuration, never from the manifest or a relay. */
  readonly publisher: Address;
  /** The stream that is wanted, if known. */
  readonly name?: string;
  /** Unix seconds; without it, age is not checked. */
  readonly now?: bigint;
  /** The highest sequence seen before on this stream. */
  readonly minSequence?: bigint;
}

const VERSION = "manifest/1";
const MAX_LEAVES = 100_000;
const MAX_BYTES = 8 * 1024 * 1024;
const MAX_NAME_BYTES = 256;

/**
 * The id of a stream: `keccak256(abi.encode(publisher, name))`. It needs no transaction to exist.
 *
 * @throws WeirError `malformed-message` for a malformed address or name
 */
export function streamId(publisher: Address, name: string): Hex {
  const bytes = nameBytes(name);
  const head = encodeWords(STREAM_FIELDS, { publisher, offset: 64n, length: BigInt(bytes.length) });
  const encoded = new Uint8Array(head.length + Math.ceil(bytes.length / 32) * 32);
  encoded.set(head);
  encoded.set(bytes, head.length);
  return bytesToHex(keccak256(encoded));
}

const STREAM_FIELDS = [
  { name: "publisher", type: "address" },
  { name: "offset", type: "uint256" },
  { name: "length", type: "uint256" },
] as const;

/** A leaf as it enters receipts, deliveries and the tree. Errors as in `resourceName`. */
export function leafEntry(leaf: ManifestLeaf): SegmentEntry {
  return { resource: resourceId(resourceName(leaf.path, leaf.range)), contentHash: leaf.contentHash, size: leaf.size };
}

/**
 * The Merkle root over a complete list of resources.
 *
 * @throws WeirError `manifest-invalid` for an empty list, a resource listed twice, or a size that is out of range or not
 * that of its byte range; `path-not-canonical`, `range-not-satisfiable` or `malformed-message` for a malformed leaf
 */
export function manifestRoot(leaves: readonly ManifestLeaf[]): Hex {
  const seen = new Set<Hex>();
  return merkleRoot(
    leaves.map((leaf) => {
      const entry = leafEntry(leaf);
      if (seen.has(entry.resource)) throw new WeirError("manifest-invalid", `${leaf.path} is listed twice`);
      seen.add(entry.resource);
      const { range, size } = leaf;
      if (size < 1n || size > BigInt(Number.MAX_SAFE_INTEGER)) {
        throw new WeirError("manifest-invalid", `the size of ${leaf.path} is not from 1 to 2^53 - 1`);
      }
      if (range !== undefined && size !== BigInt(range.last - range.first) + 1n) {
        throw new WeirError("manifest-invalid", `the size of ${leaf.path} is not that of its byte range`);
      }
      return leafHash(entry);
    }),
  );
}

/**
 * The digest that the publisher signs, over the root of `content.leaves`.
 *
 * @throws WeirError as `manifestRoot` and `streamId` do
 */
export function manifestDigest(content: ManifestContent): Hex {
  return digestOf(content, manifestRoot(content.leaves));
}

/**
 * Puts a publisher's signature and the derived fields to a list. Does not check the signature; `verifyManifest` does.
 *
 * @throws WeirError as `manifestRoot` and `streamId` do
 */
export function signedManifest(content: ManifestContent, signature: CompactSignature): Manifest {
  const { publisher, name, sequence, notAfter, leaves } = content;
  const root = manifestRoot(leaves);
  return { publisher, name, sequence, notAfter, leaves, streamId: streamId(publisher, name), root, signature };
}

/**
 * Reads a manifest and recomputes its root from the complete list. What it says is not to be believed before
 * `verifyManifest` has checked whose word it is.
 *
 * @param json the text of the file, or the value that JSON.parse made of it
 * @throws WeirError `oversized-message`, `manifest-unsigned`, or `manifest-invalid` with the reason
 */
export function parseManifest(json: unknown, limits: ManifestLimits = {}): Manifest {
  const { maxLeaves = MAX_LEAVES, maxBytes = MAX_BYTES } = limits;
  try {
    const file = asRecord(typeof json === "string" ? parseJson(json, maxBytes) : json);
    if (file.weir !== VERSION) throw new WeirError("manifest-invalid", `the version is not ${VERSION}`);
    const { publisher, name, resources, root, signature } = file;
    assertAddress(publisher, "publisher");
    if (typeof name !== "string") throw new WeirError("malformed-message", "name is not a string");
    if (!Array.isArray(resources)) throw new WeirError("malformed-message", "resources is not a list");
    if (resources.length > maxLeaves) {
      throw new WeirError("oversized-message", `the manifest lists over ${String(maxLeaves)} resources`);
    }
    if (!isHex(signature, 64)) throw new WeirError("manifest-unsigned");
    const sequence = parseUint(file.sequence, 64, "sequence");
    const notAfter = parseUint(file.notAfter, 64, "notAfter");
    const leaves = resources.map(parseLeaf);
    const manifest = signedManifest({ publisher, name, sequence, notAfter, leaves }, signature);
    if (!isHex(root, 32) || root.toLowerCase() !== manifest.root) {
      throw new WeirError("manifest-invalid", "the root is not that of the resources");
    }
    return manifest;
  } catch (error) {
    // To the reader of a manifest a malformed field or path is one thing: a manifest not to be used.
    if (!WeirError.is(error) || KEPT.has(error.code)) throw error;
    throw new WeirError("manifest-invalid", error.shortMessage, { cause: error });
  }
}

const KEPT: ReadonlySet<string> = new Set(["manifest-invalid", "manifest-unsigned", "oversized-message"]);

/**
 * Checks whose word a manifest is, and whether it still holds. The root must have been recomputed, as `parseManifest` does.
 *
 * @throws WeirError `manifest-unsigned` unless the trusted publisher signed it, `manifest-invalid` if it is for another
 * stream, `manifest-stale` past `notAfter` or with a sequence below `minSequence`
 */
export function verifyManifest(manifest: Manifest, trust: ManifestTrust): void {
  if (!isSameAddress(manifest.publisher, trust.publisher)) {
    throw new WeirError("manifest-unsigned", "the manifest is of another publisher", {
      details: `expected ${trust.publisher}, found ${manifest.publisher}`,
    });
  }
  try {
    assertSigner(digestOf(manifest, manifest.root), manifest.signature, trust.publisher);
  } catch (cause) {
    throw new WeirError("manifest-unsigned", "the signature is not that of the publisher", { cause });
  }
  if (trust.name !== undefined && manifest.name !== trust.name) {
    throw new WeirError("manifest-invalid", "the manifest is for another stream");
  }
  if (trust.now !== undefined && manifest.notAfter < trust.now) {
    throw new WeirError("manifest-stale", "the manifest has expired", {
      details: `notAfter ${String(manifest.notAfter)}`,
    });
  }
  if (trust.minSequence !== undefined && manifest.sequence < trust.minSequence) {
    throw new WeirError("manifest-stale", "a newer manifest of the stream was seen before", {
      details: `sequence ${String(manifest.sequence)}, seen ${String(trust.minSequence)}`,
    });
  }
}

/** The manifest as the JSON text of its file, one resource a line. `parseManifest` reads it back. */
export function formatManifest(manifest: Manifest): string {
  const { publisher, name, sequence, notAfter, root, signature, leaves } = manifest;
  const head = {
    weir: VERSION,
    publisher,
    name,
    sequence: String(sequence),
    notAfter: String(notAfter),
    root,
    signature,
  };
  const lines = leaves.map(({ path, range, contentHash, size }) =>
    JSON.stringify([resourceName(path, range), contentHash, Number(size)]),
  );
  return `${JSON.stringify(head).slice(0, -1)},"resources":[\n${lines.join(",\n")}\n]}\n`;
}

function digestOf(content: ManifestContent, root: Hex): Hex {
  const { publisher, name, sequence, notAfter } = content;
  return hashMessage(manifestDomain, "Manifest", { streamId: streamId(publisher, name), sequence, notAfter, root });
}

function nameBytes(name: string): Uint8Array {
  const bytes = name.length > MAX_NAME_BYTES || !name.isWellFormed() ? undefined : new TextEncoder().encode(name);
  if (bytes === undefined || bytes.length === 0 || bytes.length > MAX_NAME_BYTES) {
    throw new WeirError("malformed-message", `a stream's name is 1 to ${String(MAX_NAME_BYTES)} bytes of UTF-8`);
  }
  return bytes;
}

function parseLeaf(leaf: unknown): ManifestLeaf {
  if (!Array.isArray(leaf) || leaf.length !== 3) {
    throw new WeirError("malformed-message", "a resource is not [name, hash, size]");
  }
  const [name, contentHash, size] = leaf as readonly unknown[];
  if (typeof name !== "string") throw new WeirError("malformed-message", "a resource has no name");
  if (!isHex(contentHash, 32)) throw new WeirError("malformed-message", `the hash of ${name} is not 32 bytes`);
  if (typeof size !== "number" || !Number.isSafeInteger(size)) {
    throw new WeirError("malformed-message", `the size of ${name} is not a whole number`);
  }
  return { ...parseResourceName(name), contentHash, size: BigInt(size) };
}

function parseJson(text: string, maxBytes: number): unknown {
  // No UTF-8 text has fewer bytes than UTF-16 has units, so the second, slower measure is only for what passed the first.
  if (text.length > maxBytes || new TextEncoder().encode(text).length > maxBytes) {
    throw new WeirError("oversized-message", `the manifest is over ${String(maxBytes)} bytes`);
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new WeirError("manifest-invalid", "the manifest is not JSON", { cause });
  }
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new WeirError("manifest-invalid", "the manifest is not an object");
  }
  return value as Readonly<Record<string, unknown>>;
}
