import type { Hex } from "./hex.ts";
import { leafEntry } from "./manifest.ts";
import type { ManifestLeaf } from "./manifest.ts";
import { getProof, leafHash, merkleTree } from "./merkleTree.ts";
import type { SegmentEntry } from "./receipt.ts";
import { WeirError } from "./weirError.ts";

/** What a manifest says of one resource, and the hashes that lead from there to its root. */
export interface ManifestProof {
  readonly entry: SegmentEntry;
  /** From the leaf up, as `verifyProof` and the contracts take it. */
  readonly proof: readonly Hex[];
}

/**
 * Proves what a manifest says of a resource.
 *
 * @param leaves the complete list
 * @param resource the id; see `resourceId`
 * @throws WeirError `path-not-listed` if the list does not have it; otherwise as `leafEntry` and `merkleTree` do
 */
export function manifestProof(leaves: readonly ManifestLeaf[], resource: Hex): ManifestProof {
  const entries = leaves.map(leafEntry);
  const entry = entries.find((candidate) => candidate.resource === resource.toLowerCase());
  if (entry === undefined) throw new WeirError("path-not-listed", undefined, { details: `resource ${resource}` });
  return { entry, proof: getProof(merkleTree(entries.map(leafHash)), leafHash(entry)) };
}
