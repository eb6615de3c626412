import { LRUCache } from "lru-cache";
import { resourceName, WeirError } from "../../core/index.ts";
import type { ManifestLeaf } from "../../core/index.ts";
import { readVerified } from "../media/verifiedCache.ts";
import type { FileStamp, Source } from "../sources/source.ts";

/** Knows which files on disk have been hashed, as long as nobody wrote to them since. */
export interface VerifiedFiles {
  /**
   * Whether a file has, now, the bytes that a manifest lists, so that another program may send it. Reads and hashes it once
   * for every state that it was in, a few files at a time; after that a look at its stamp is enough. Whatever keeps a file
   * from being known is a no.
   */
  readonly holds: (leaf: ManifestLeaf, source: Source) => Promise<boolean>;
}

interface Finding {
  readonly identity: string;
  readonly isRight: boolean;
}

/** Files that are hashed at a time: each is in memory while it is, and whoever asks has not been charged yet. */
const MAX_EXAMINATIONS = 4;

/** Resources that are remembered, at some 200 bytes each. */
const MAX_FINDINGS = 100_000;

/**
 * Milliseconds for which a file that was just written is not taken for settled: another write in the same tick of the file
 * system's clock (ten milliseconds at most on Linux) would leave the same stamp.
 */
const RACY_MS = 100;

/** Remembers findings by source, resource and content, so that a new manifest is held against the file again. */
export function verifiedFiles(): VerifiedFiles {
  const ids = new WeakMap<Source, number>();
  const findings = new LRUCache<string, Finding>({ max: MAX_FINDINGS });
  const underWay = new Map<string, Promise<boolean>>();
  let sources = 0;

  const idOf = (source: Source): number => {
    let id = ids.get(source);
    if (id === undefined) ids.set(source, (id = ++sources));
    return id;
  };

  const examine = async (key: string, leaf: ManifestLeaf, source: Source, before: FileStamp): Promise<boolean> => {
    const startedAt = Date.now();
    const isRight = isWithin(leaf, before) && (await hasListedBytes(leaf, source));
    const after = await stampOf(leaf, source);
    // Somebody wrote meanwhile, or could have without leaving a trace: the next request looks again.
    if (after?.identity !== before.identity || startedAt - before.changedAt < RACY_MS) return false;
    findings.set(key, { identity: before.identity, isRight });
    return isRight;
  };

  return {
    async holds(leaf, source) {
      const stamp = await stampOf(leaf, source);
      if (stamp === undefined) return false;
      const key = `${idOf(source)} ${leaf.contentHash} ${resourceName(leaf.path, leaf.range)}`;
      const found = findings.get(key);
      if (found?.identity === stamp.identity) return found.isRight;
      const examined = `${key} ${stamp.identity}`;
      let pending = underWay.get(examined);
      if (pending === undefined) {
        if (underWay.size >= MAX_EXAMINATIONS) return false;
        pending = examine(key, leaf, source, stamp).finally(() => underWay.delete(examined));
        underWay.set(examined, pending);
      }
      return pending;
    },
  };
}

/** Whoever sends a whole resource sends the whole file, so the file must not be longer; and a part must be inside. */
function isWithin({ range, size }: ManifestLeaf, stamp: FileStamp): boolean {
  return range === undefined ? stamp.size === Number(size) : range.last < stamp.size;
}

async function stampOf({ path }: ManifestLeaf, source: Source): Promise<FileStamp | undefined> {
  try {
    return await source.stamp?.(path);
  } catch (error) {
    if (WeirError.is(error)) return undefined;
    throw error;
  }
}

async function hasListedBytes(leaf: ManifestLeaf, source: Source): Promise<boolean> {
  try {
    await readVerified(leaf, source);
    return true;
  } catch (error) {
    if (WeirError.is(error)) return false;
    throw error;
  }
}
