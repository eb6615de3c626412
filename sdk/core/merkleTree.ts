import { hashWordsToBytes } from "./abiWords.ts";
import { assertHex, bytesToHex, hexToBytes } from "./hex.ts";
import type { Hex } from "./hex.ts";
import { keccak256 } from "./keccak256.ts";
import type { SegmentEntry } from "./receipt.ts";
import { WeirError } from "./weirError.ts";

const LEAF_FIELDS = [
  { name: "resource", type: "bytes32" },
  { name: "contentHash", type: "bytes32" },
  { name: "size", type: "uint64" },
] as const;

/**
 * A leaf of the manifest's tree: `keccak256(keccak256(abi.encode(resource, contentHash, size)))`. Hashed twice, so that no
 * inner node can pass for a leaf.
 *
 * @throws WeirError `malformed-message` if a field has the wrong form
 */
export function leafHash(entry: SegmentEntry): Hex {
  return bytesToHex(keccak256(hashWordsToBytes(LEAF_FIELDS, entry)));
}

/**
 * The nodes of the tree over `leaves` (hashes of leaves, in any order), root first: OpenZeppelin's StandardMerkleTree,
 * with leaves and pairs sorted. That package itself would weigh more in a browser than everything else here together; the
 * tests compare every root and proof with it.
 *
 * @throws WeirError `manifest-invalid` without a leaf, `malformed-message` for a leaf that is not 32 bytes
 */
export function merkleTree(leaves: readonly Hex[]): Uint8Array[] {
  if (leaves.length === 0) throw new WeirError("manifest-invalid", "a manifest needs at least one resource");
  // A complete binary tree in one array: the children of node i are 2i + 1 and 2i + 2, and the leaves end it, in reverse.
  const sorted = leaves.map((leaf) => {
    assertHex(leaf, 32, "leaf");
    return leaf.toLowerCase() as Hex;
  });
  sorted.sort().reverse();
  const tree = new Array<Uint8Array>(leaves.length - 1).concat(sorted.map(hexToBytes));
  for (let i = leaves.length - 2; i >= 0; i--) tree[i] = hashPair(node(tree, 2 * i + 1), node(tree, 2 * i + 2));
  return tree;
}

/** The root over `leaves`. Errors as in `merkleTree`. */
export function merkleRoot(leaves: readonly Hex[]): Hex {
  return bytesToHex(node(merkleTree(leaves), 0));
}

/**
 * The hashes that lead from a leaf to the root, as `MerkleProof.verify` of OpenZeppelin takes them.
 *
 * @param tree from `merkleTree`
 * @throws WeirError `path-not-listed` if the tree has no such leaf
 */
export function getProof(tree: readonly Uint8Array[], leaf: Hex): Hex[] {
  assertHex(leaf, 32, "leaf");
  const wanted = leaf.toLowerCase();
  const firstLeaf = (tree.length - 1) / 2;
  let i = tree.findIndex((hash, at) => at >= firstLeaf && bytesToHex(hash) === wanted);
  if (i < 0) throw new WeirError("path-not-listed");
  const proof: Hex[] = [];
  // The sibling of an odd node is the next one, of an even node the one before.
  for (; i > 0; i = (i - 1) >> 1) proof.push(bytesToHex(node(tree, i % 2 === 1 ? i + 1 : i - 1)));
  return proof;
}

/**
 * Whether `proof` leads from `leaf` to `root`.
 *
 * @throws WeirError `malformed-message` if a hash is not 32 bytes
 */
export function verifyProof(root: Hex, leaf: Hex, proof: readonly Hex[]): boolean {
  assertHex(root, 32, "root");
  assertHex(leaf, 32, "leaf");
  let hash = hexToBytes(leaf);
  for (const sibling of proof) {
    assertHex(sibling, 32, "proof");
    hash = hashPair(hash, hexToBytes(sibling));
  }
  return bytesToHex(hash) === root.toLowerCase();
}

function hashPair(a: Uint8Array, b: Uint8Array): Uint8Array {
  const pair = new Uint8Array(64);
  const swap = compareBytes(a, b) > 0;
  pair.set(swap ? b : a, 0);
  pair.set(swap ? a : b, 32);
  return keccak256(pair);
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < 32; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function node(tree: readonly Uint8Array[], index: number): Uint8Array {
  const hash = tree[index];
  if (hash === undefined) throw new WeirError("internal", "a node is missing from the tree");
  return hash;
}
