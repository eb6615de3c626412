import { createHash } from "node:crypto";
import fc from "fast-check";
import { concat, encodeAbiParameters, keccak256, stringToBytes } from "viem";
import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import { hashMessage, manifestDomain, streamId } from "../../../sdk/core/index.ts";
import type { Hex } from "../../../sdk/core/index.ts";
import { publisher, randomFile } from "../../helpers/relayFixture.ts";

// Publishers and origins that work together against a relay. All hashing here is viem's and OpenZeppelin's, none of the SDK's
// own, so that a fault in the SDK's trees cannot hide from the tests.

/** A row of a manifest's list, as its file has it: nothing about it need be right. */
export type Row = readonly [name: string, contentHash: Hex, size: number];

/** SHA-256 and size of a body. */
export interface Content {
  readonly contentHash: Hex;
  readonly size: bigint;
}

/** What somebody could prove to be under a root. */
export interface Leaf extends Content {
  readonly resource: Hex;
  /** From the leaf up, as the contracts take it. */
  readonly proof: readonly Hex[];
}

/** A tree that the coalition made, with all its leaves. */
export interface Tree {
  readonly root: Hex;
  readonly rows: readonly Row[];
  readonly leaves: readonly Leaf[];
}

/** Bodies of resources. Few, so that they meet again; the last two are as long as the ranges that manifests list. */
export const BODIES: readonly Uint8Array<ArrayBuffer>[] = [20, 20, 20, 31, 10, 10].map(randomFile);
const PARTS = [4, 5];
const WHOLES = [0, 1, 2, 3];
/** Files, with ranges of them that manifests list by themselves. */
export const NAMES = ["a.m4s", "b.m4s", "d/c.m4s", "a.m4s#0-9", "b.m4s#0-9", "b.m4s#10-19"];
/** Other spellings, and what is no name at all. */
const BAD_NAMES = ["a%2Em4s", "./a.m4s", "d//c.m4s", "a.m4s?x", "../a.m4s", "a.m4s#00-9", "a.m4s#9-0", "d\\c.m4s", ""];
export const STREAMS = ["/one/", "/two/"];

/** How a publisher gets at the root that it signs. */
export type RootKind = "its own" | "of a longer list" | "of another shape" | "of another manifest";

/** One manifest, honest or not, for one stream. */
export interface Publication {
  readonly stream: number;
  readonly rows: readonly Row[];
  /** Leaves that are in the tree and not in the list, unless the root is its own. */
  readonly hidden: readonly Row[];
  readonly rootKind: RootKind;
  /** Takes over the list of an earlier manifest, perhaps of the other stream, in another order. */
  readonly again: number | undefined;
  /** Picks an earlier tree, an order, a shape. */
  readonly seed: number;
  /** Added to the highest sequence of the stream. */
  readonly step: number;
  readonly signed: boolean;
}

/** What an origin does when it is asked for a file. */
export type Mood = "right" | "flipped" | "cut" | "longer" | "other" | "absent";

export const sha256 = (bytes: Uint8Array): Hex => `0x${createHash("sha256").update(bytes).digest("hex")}`;
export const resourceOf = (name: string): Hex => keccak256(stringToBytes(name));

const LEAF = ["bytes32", "bytes32", "uint64"];

/** As the contracts compute it. */
export function leafHashOf({ contentHash, resource, size }: Omit<Leaf, "proof">): Hex {
  const types = LEAF.map((type) => ({ type }));
  return keccak256(keccak256(encodeAbiParameters(types, [resource, contentHash, size])));
}

/** A list as a publisher's tools would write it, of names and bodies that fit together. */
const fairRow = fc.constantFrom(...NAMES).chain((name) =>
  fc.constantFrom(...(name.includes("#") ? PARTS : WHOLES)).map((at): Row => {
    const body = BODIES[at]!;
    return [name, sha256(body), body.length];
  }),
);

const unfairRow = fc.oneof(
  fc
    .tuple(fairRow, fc.constantFrom(-1, 0, 1, 11, 2 ** 40))
    .map(([[name, hash, size], more]): Row => [name, hash, size + more]),
  {
    weight: 2,
    arbitrary: fc
      .tuple(fairRow, fc.constantFrom(...BAD_NAMES))
      .map(([[, hash, size], name]): Row => [name, hash, size]),
  },
  fairRow.map(([name, hash, size]): Row => [name, `0x${hash.slice(2).toUpperCase()}`, size]),
);

// Without fast-check's bias to small values, for lists that are all alike try nothing.
const fairList = fc.noBias(fc.uniqueArray(fairRow, { selector: ([name]) => name, minLength: 2, maxLength: 6 }));
const anyList = fc.array(fc.oneof({ weight: 4, arbitrary: fairRow }, { weight: 1, arbitrary: unfairRow }), {
  minLength: 1,
  maxLength: 6,
});

export const publication: fc.Arbitrary<Publication> = fc.record({
  stream: fc.nat(STREAMS.length - 1),
  rows: fc.oneof({ weight: 3, arbitrary: fairList }, { weight: 1, arbitrary: anyList }),
  hidden: fc.array(fairRow, { minLength: 1, maxLength: 3 }),
  rootKind: fc.oneof(
    { weight: 4, arbitrary: fc.constant<RootKind>("its own") },
    { weight: 1, arbitrary: fc.constantFrom<RootKind>("of a longer list", "of another shape", "of another manifest") },
  ),
  again: fc.option(fc.nat(100), { freq: 4, nil: undefined }),
  seed: fc.nat(),
  step: fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 1, max: 3 }) },
    { weight: 1, arbitrary: fc.integer({ min: -2, max: 0 }) },
  ),
  signed: fc.oneof({ weight: 20, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
});

/** The publishers' side: every manifest that they ever made, and what they could prove with it. */
export interface Coalition {
  readonly trees: Map<Hex, Tree>;
  /** Lists that were put into files, newest last. */
  readonly lists: (readonly Row[])[];
  /** The file of a stream's manifest at this moment. */
  readonly files: Uint8Array<ArrayBuffer>[];
  publish(publication: Publication): void;
  /** What a file should have been, for an origin that tells the truth. */
  bodyOf(name: string, size: number): Uint8Array<ArrayBuffer> | undefined;
}

/** Starts with an honest manifest for each stream, so that there is something to serve. */
export function coalition(): Coalition {
  const trees = new Map<Hex, Tree>();
  const lists: (readonly Row[])[] = [];
  const files: Uint8Array<ArrayBuffer>[] = [];
  const sequences = STREAMS.map(() => 0n);

  const remember = (tree: Tree): Tree => {
    trees.set(tree.root, tree);
    return tree;
  };

  function rootFor({ rows, hidden, rootKind, seed }: Publication): Hex {
    const own = rows.every(isEncodable) ? remember(standardTree(rows)) : undefined;
    if (rootKind === "of a longer list") return remember(standardTree([...rows.filter(isEncodable), ...hidden])).root;
    if (rootKind === "of another shape")
      return remember(shapedTree([...rows.filter(isEncodable), ...hidden], seed)).root;
    const roots = [...trees.keys()];
    if (rootKind === "of another manifest" || own === undefined) return roots[seed % roots.length]!;
    return own.root;
  }

  function publish(wanted: Publication): void {
    const earlier = wanted.again === undefined ? undefined : lists[wanted.again % lists.length];
    const rows = earlier === undefined ? wanted.rows : shuffled(earlier, wanted.seed);
    const root = rootFor({ ...wanted, rows });
    const { stream } = wanted;
    const highest = sequences[stream] ?? 0n;
    const sequence = highest + BigInt(wanted.step) < 0n ? 0n : highest + BigInt(wanted.step);
    if (sequence > highest) sequences[stream] = sequence;
    lists.push(rows);
    files[stream] = manifestFile(`stream ${stream}`, sequence, root, rows, wanted.signed);
  }

  for (const stream of STREAMS.keys()) {
    const rows = NAMES.map((name, i): Row => {
      const body = BODIES[name.includes("#") ? PARTS[i % 2]! : (i + stream) % 4]!;
      return [name, sha256(body), body.length];
    });
    publish({ stream, rows, hidden: [], rootKind: "its own", again: undefined, seed: 0, step: 0, signed: true });
  }

  return {
    trees,
    lists,
    files,
    publish,
    bodyOf(name, size) {
      // The newest list first: the relay asks for what it believes now.
      for (const rows of lists.toReversed()) {
        const row = rows.find((each) => each[0] === name && each[2] === size);
        const body = row && BODIES.find((each) => sha256(each) === row[1].toLowerCase());
        if (body !== undefined) return body;
      }
      return undefined;
    },
  };
}

function manifestFile(
  name: string,
  sequence: bigint,
  root: Hex,
  rows: readonly Row[],
  isSigned: boolean,
): Uint8Array<ArrayBuffer> {
  const notAfter = 4_102_444_800n;
  const message = { streamId: streamId(publisher.address, name), sequence, notAfter, root };
  const signature = publisher.signDigest(hashMessage(manifestDomain, "Manifest", message)) as Hex;
  const file = {
    weir: "manifest/1",
    publisher: publisher.address,
    name,
    sequence: String(sequence),
    notAfter: String(notAfter),
    root,
    signature: isSigned ? signature : `0x${"11".repeat(64)}`,
    resources: rows,
  };
  return new TextEncoder().encode(JSON.stringify(file));
}

function isEncodable([, , size]: Row): boolean {
  return size >= 0;
}

function standardTree(rows: readonly Row[]): Tree {
  const values = rows.map(([name, contentHash, size]): [string, string, bigint] => [
    resourceOf(name),
    contentHash.toLowerCase(),
    BigInt(size),
  ]);
  const tree = StandardMerkleTree.of(values, LEAF);
  const leaves = values.map(([resource, contentHash, size], i) => ({
    resource: resource as Hex,
    contentHash: contentHash as Hex,
    size,
    proof: tree.getProof(i) as Hex[],
  }));
  return { root: tree.root as Hex, rows, leaves };
}

/** A tree of any shape that the contracts take proofs of: leaves in any order and at any depth. */
function shapedTree(rows: readonly Row[], seed: number): Tree {
  interface Branch {
    readonly hash: Hex;
    readonly leaves: readonly Leaf[];
  }
  let branches = shuffled(rows, seed).map(([name, hash, bytes]): Branch => {
    const leaf = { resource: resourceOf(name), contentHash: hash.toLowerCase() as Hex, size: BigInt(bytes), proof: [] };
    return { hash: leafHashOf(leaf), leaves: [leaf] };
  });
  for (let pick = seed; branches.length > 1; pick = next(pick)) {
    const at = pick % (branches.length - 1);
    const [left, right] = [branches[at]!, branches[at + 1]!];
    const climb = ({ leaves }: Branch, sibling: Hex): Leaf[] =>
      leaves.map((leaf) => ({ ...leaf, proof: [...leaf.proof, sibling] }));
    const hash = keccak256(concat(left.hash < right.hash ? [left.hash, right.hash] : [right.hash, left.hash]));
    const joined: Branch = { hash, leaves: [...climb(left, right.hash), ...climb(right, left.hash)] };
    branches = [...branches.slice(0, at), joined, ...branches.slice(at + 2)];
  }
  const [{ hash, leaves }] = branches as [Branch];
  return { root: hash, rows, leaves };
}

function shuffled<Value>(values: readonly Value[], seed: number): Value[] {
  const rest = [...values];
  const order: Value[] = [];
  for (let pick = seed; rest.length > 0; pick = next(pick)) order.push(...rest.splice(pick % rest.length, 1));
  return order;
}

function next(seed: number): number {
  return (Math.imul(seed, 1_103_515_245) + 12_345) >>> 1;
}
