import { readdir, writeFile } from "node:fs/promises";
import { keccak256 as viemKeccak256, encodeAbiParameters, getContractAddress, stringToHex } from "viem";
import {
  authorizationNonce,
  canonicalPath,
  channelId,
  coveredBytes,
  domainSeparator,
  extendTotals,
  formatManifest,
  getProof,
  hashMessage,
  hashStruct,
  leafEntry,
  leafHash,
  manifestDigest,
  manifestDomain,
  merkleTree,
  owed,
  parseResourceName,
  privateKeyToAddress,
  resourceId,
  resourceName,
  signDigest,
  signedManifest,
  streamId,
  toSettleRow,
  typeHash,
  typeString,
  weirDomain,
  weirTypes,
  WeirError,
} from "../sdk/core/index.ts";
import type {
  Address,
  Channel,
  Hex,
  ManifestLeaf,
  Totals,
  WeirDomain,
  WeirErrorCode,
  WeirTypeName,
} from "../sdk/core/index.ts";

/**
 * Writes `test/vectors/*.json`: what every message, id and path must come to, for readers in any language. All inputs are
 * fixed or hashes of their own label, so two runs write the same bytes. Integers are decimal strings.
 */

type Json = string | number | boolean | readonly Json[] | { readonly [key: string]: Json };

const UINT64_MAX = (1n << 64n) - 1n;
const UINT96_MAX = (1n << 96n) - 1n;

/** A pseudo-random word that depends on nothing but its label. */
const word = (label: string): Hex => viemKeccak256(stringToHex(`weir vectors: ${label}`));
const addressOf = (label: string): Address => `0x${word(label).slice(26)}`;
const uint = (label: string, bits: bigint): bigint => BigInt.asUintN(Number(bits), BigInt(word(label)));
const privateKey = word;

/** Integers become decimal strings; everything else is JSON already. */
function toJson(values: object): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      key,
      typeof value === "bigint" || typeof value === "number" ? String(value) : (value as Json),
    ]),
  );
}

interface VectorContract {
  readonly deployer: Address;
  readonly parentHash: Hex;
  readonly domain: WeirDomain;
}

/**
 * A contract as it comes out when `deployer` (nonce 0) creates it right after a block with hash `parentHash`. This way the
 * Solidity tests can put the real contracts into the very domain that the vectors are signed in.
 */
function vectorContract(label: string, chainId: bigint): VectorContract {
  const deployer = addressOf(`${label} deployer`);
  const parentHash = word(`${label} parent block`);
  const verifyingContract = getContractAddress({ from: deployer, nonce: 0n });
  const salt = viemKeccak256(
    encodeAbiParameters(
      [{ type: "bytes32" }, { type: "uint256" }, { type: "address" }],
      [parentHash, chainId, verifyingContract],
    ),
  );
  return { deployer, parentHash, domain: weirDomain({ chainId, verifyingContract, salt }) };
}

const paymentChannels = vectorContract("PaymentChannels", 13_939n);
const operatorRegistry = vectorContract("OperatorRegistry", 361n);

function domains(): Json {
  const contract = ({ deployer, parentHash, domain }: VectorContract): Json => ({
    deployer,
    parentHash,
    ...toJson(domain),
    separator: domainSeparator(domain),
  });
  return {
    paymentChannels: contract(paymentChannels),
    operatorRegistry: contract(operatorRegistry),
    manifest: { ...manifestDomain, separator: domainSeparator(manifestDomain) },
  };
}

type Edge = "zero" | "typical" | "largest";

/** One value for a field: nothing, something, or all bits set. */
function fieldValue(type: string, edge: Edge, label: string): Hex | bigint | number {
  const bits = type === "address" ? 160n : type === "bytes32" ? 256n : BigInt(type.slice("uint".length));
  const value = edge === "zero" ? 0n : edge === "largest" ? (1n << bits) - 1n : uint(label, bits);
  if (!type.startsWith("uint")) return `0x${value.toString(16).padStart(Number(bits) / 4, "0")}`;
  return bits <= 48n ? Number(value) : value;
}

function messages(): Json {
  const name = Object.keys(weirTypes) as WeirTypeName[];
  return Object.fromEntries(
    name.map((type) => {
      const domainName = type === "Manifest" ? "manifest" : type === "Agent" ? "operatorRegistry" : "paymentChannels";
      const domain =
        type === "Manifest" ? manifestDomain : type === "Agent" ? operatorRegistry.domain : paymentChannels.domain;
      const cases = (["zero", "typical", "largest"] as const).map((edge) => {
        const message = Object.fromEntries(
          weirTypes[type].map((field) => [field.name, fieldValue(field.type, edge, `${type} ${field.name}`)]),
        ) as never;
        const key = privateKey(`${type} ${edge} key`);
        const digest = hashMessage(domain as never, type, message);
        return {
          message: toJson(message),
          structHash: hashStruct(type, message),
          digest,
          privateKey: key,
          signer: privateKeyToAddress(key),
          signature: signDigest(digest, key),
        };
      });
      return [type, { typeString: typeString(type), typeHash: typeHash(type), domain: domainName, cases }];
    }),
  );
}

function vectorChannel(label: string): Channel {
  return {
    signer: privateKeyToAddress(privateKey(`${label} signer`)),
    payee: addressOf(`${label} payee`),
    pricePerGiB: uint(`${label} price`, 64n) + 1n,
    gracePeriod: 86_400,
    nonce: uint(`${label} nonce`, 64n),
  };
}

function channels(): Json {
  const largest: Channel = {
    signer: `0x${"f".repeat(40)}`,
    payee: `0x${"f".repeat(40)}`,
    pricePerGiB: UINT96_MAX,
    gracePeriod: 2 ** 32 - 1,
    nonce: UINT64_MAX,
  };
  const zero: Channel = {
    signer: `0x${"0".repeat(40)}`,
    payee: `0x${"0".repeat(40)}`,
    pricePerGiB: 0n,
    gracePeriod: 0,
    nonce: 0n,
  };
  const all = [zero, vectorChannel("first channel"), vectorChannel("second channel"), largest];
  return { cases: all.map((channel) => ({ channel: toJson(channel), channelId: channelId(channel) })) };
}

function amounts(): Json {
  const gib = 1n << 30n;
  const prices = [1n, 3n, gib - 1n, gib, gib + 1n, 20_000_000_000_000_000n, UINT96_MAX];
  const counts = [0n, 1n, 183_204n, gib - 1n, gib, gib + 1n, (1n << 53n) + 1n, UINT64_MAX];
  const deposits = [0n, 1n, gib - 1n, gib, 999_999_999_999_999_999n, UINT96_MAX];
  return {
    owed: prices.flatMap((price) =>
      counts.map((bytes) => toJson({ bytes, pricePerGiB: price, amount: owed(bytes, price) })),
    ),
    covered: prices.flatMap((price) =>
      deposits.map((deposit) => toJson({ deposit, pricePerGiB: price, bytes: coveredBytes(deposit, price) })),
    ),
  };
}

/** A channel's whole life as its signatures: account, funding, three segments with a receipt and a row each, closing. */
function receipts(): Json {
  const key = privateKey("receipts signer");
  const payeeKey = privateKey("receipts payee");
  const owner = addressOf("receipts owner");
  const payee = privateKeyToAddress(payeeKey);
  const channel: Channel = { ...vectorChannel("receipts"), signer: privateKeyToAddress(key), payee };
  const { pricePerGiB, gracePeriod, nonce } = channel;
  const terms = { payee, pricePerGiB, gracePeriod, nonce };
  const id = channelId(channel);
  const separator = domainSeparator(paymentChannels.domain);

  const seed = word("receipts seed");
  let totals: Totals = { deliveredBytes: 0n, segmentsRoot: seed };
  const segments = [
    ["v0/init.mp4", 812n],
    ["v0/segment-1.m4s", 183_204n],
    ["v0/all.mp4#0-1023", 1_024n],
  ] as const;
  const steps = segments.map(([name, size]) => {
    const entry = { resource: resourceId(name), contentHash: word(`content ${name}`), size };
    totals = extendTotals(totals, entry);
    const receipt = { ...terms, ...totals };
    const digest = hashMessage(separator, "SegmentReceipt", receipt);
    const signature = signDigest(digest, key);
    return {
      name,
      entry: toJson(entry),
      ...toJson(totals),
      digest,
      signature,
      row: toJson(toSettleRow(receipt, signature)),
      owed: String(owed(totals.deliveredBytes, pricePerGiB)),
    };
  });

  const fund = { total: owed(totals.deliveredBytes, pricePerGiB) + 1n, validUntil: 4_102_444_800 };
  const close = { minSettledBytes: totals.deliveredBytes };
  return {
    privateKey: key,
    payeePrivateKey: payeeKey,
    channel: toJson(channel),
    channelId: id,
    session: { owner, signature: signDigest(hashMessage(separator, "Session", { owner }), key) },
    fund: { ...toJson(fund), signature: signDigest(hashMessage(separator, "Fund", { ...terms, ...fund }), key) },
    seed,
    steps,
    close: {
      ...toJson(close),
      signature: signDigest(hashMessage(separator, "Close", { channelId: id, ...close }), payeeKey),
    },
  };
}

function authorizations(): Json {
  const separator = domainSeparator(paymentChannels.domain);
  const cases = ["first", "second"].map((label) => {
    const account = {
      signer: addressOf(`${label} account signer`),
      owner: addressOf(`${label} account owner`),
      salt: word(`${label} salt`),
    };
    return { ...account, nonce: authorizationNonce(separator, account) };
  });
  return { domainSeparator: separator, cases };
}

const ORDER = BigInt("0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
const hex32 = (value: bigint): string => value.toString(16).padStart(64, "0");

/** Signatures that must be refused, with the code the SDK gives; the escrow skips or reverts on every one of them. */
function signatures(): Json {
  const digest = word("signatures digest");
  const key = privateKey("signatures key");
  const good = signDigest(digest, key);
  const r = BigInt(good.slice(0, 66));
  const vs = BigInt(`0x${good.slice(66)}`);
  const parity = vs >> 255n;
  const s = BigInt.asUintN(255, vs);
  const bad: readonly (readonly [string, WeirErrorCode, string])[] = [
    ["empty", "bad-signature", "0x"],
    ["one byte short", "bad-signature", good.slice(0, -2)],
    ["one byte long", "bad-signature", `${good}00`],
    ["r is zero", "bad-signature", `0x${hex32(0n)}${hex32(vs)}`],
    ["s is zero", "bad-signature", `0x${hex32(r)}${hex32(parity << 255n)}`],
    ["r is the order of the curve", "bad-signature", `0x${hex32(ORDER)}${hex32(vs)}`],
    ["r is the largest word", "bad-signature", `0x${"f".repeat(64)}${hex32(vs)}`],
    // x = 5 is on no point: 5^3 + 7 has no square root in the field.
    ["r is on no point of the curve", "bad-signature", `0x${hex32(5n)}${hex32(vs)}`],
    ["s is the least high one", "high-s", `0x${hex32(r)}${hex32((parity << 255n) | (ORDER / 2n + 1n))}`],
    ["s has all bits set", "high-s", `0x${hex32(r)}${"f".repeat(64)}`],
  ];
  const otherParity = `0x${hex32(r)}${hex32(((parity ^ 1n) << 255n) | s)}`;
  return {
    digest,
    privateKey: key,
    signer: privateKeyToAddress(key),
    signature: good,
    otherParity,
    bad: bad.map(([name, code, signature]) => ({ name, code, signature })),
  };
}

function paths(): Json {
  const good: readonly (readonly [string, string?])[] = [
    ["segment-1.m4s"],
    ["v0/segment-1.m4s"],
    ["v0/segment-1.m4s?weir=token&x=/../y"],
    ["v0/segment-1.m4s#t=10"],
    ["a b/ü.ts"],
    ["%61%7E%2d/%c3%bc.ts"],
    ["!$&'()*+,;=:@-._~"],
    ["%21%24%26%27%28%29%2A%2B%2C%3B%3D%3A%40"],
    ["100%25.ts"],
    ['<>"{}|^`[]'],
    ["%23%3F/%5B%5D"],
    ["..."],
    [".hidden/..a/b.."],
    ["日本/🎬.m4s"],
    ["https://relay.example/s/v0/1.m4s", "https://relay.example/s/weir.json"],
    ["https://relay.example/s/v0/1.m4s?weir=a#b", "https://relay.example/s/weir.json?x=1"],
    ["/s/v0/1.m4s", "https://relay.example/s/weir.json"],
    ["v0/../v1/./1.m4s", "https://relay.example/s/weir.json"],
    ["v0\\1.m4s", "https://relay.example/s/weir.json"],
    ["v0/%2e%2e/v1/1.m4s", "https://relay.example/s/weir.json"],
    ["1.m4s", "https://relay.example"],
    ["http://127.0.0.1:8080/a b/1.ts", "http://127.0.0.1:8080/a%20b/weir.json"],
  ];
  const bad: readonly (readonly [string, string?])[] = [
    [""],
    ["?x"],
    ["/a"],
    ["a/"],
    ["a//b"],
    ["."],
    [".."],
    ["a/../b"],
    ["a/./b"],
    ["%2e%2E/b"],
    ["a%2Fb"],
    ["a%5cb"],
    ["a\\b"],
    ["a%00b"],
    ["a\tb"],
    ["a%7Fb"],
    ["a%C2%85b"],
    ["%"],
    ["%4"],
    ["%zz"],
    ["%ff"],
    ["%c0%af"],
    ["%ed%a0%80"],
    ["%f4%90%80%80"],
    ["a".repeat(1_025)],
    ["ü".repeat(171)],
    ["https://relay.example/other/1.m4s", "https://relay.example/s/weir.json"],
    ["../1.m4s", "https://relay.example/s/weir.json"],
    ["https://evil.example/s/1.m4s", "https://relay.example/s/weir.json"],
    ["http://relay.example/s/1.m4s", "https://relay.example/s/weir.json"],
    ["https://relay.example:8443/s/1.m4s", "https://relay.example/s/weir.json"],
    ["//evil.example/s/1.m4s", "https://relay.example/s/weir.json"],
    ["data:text/plain,x", "https://relay.example/s/weir.json"],
    ["https://relay.example/s/", "https://relay.example/s/weir.json"],
    ["https://relay.example/s//1.m4s", "https://relay.example/s/weir.json"],
    ["1.m4s", "not a url"],
  ];
  const withManifest = (input: string, manifestUrl?: string): Record<string, Json> =>
    manifestUrl === undefined ? { input } : { input, manifestUrl };
  const ranges = [
    [0, 0],
    [0, 1_023],
    [1_024, Number.MAX_SAFE_INTEGER],
  ] as const;
  return {
    good: good.map(([input, manifestUrl]) => {
      const path = canonicalPath(input, manifestUrl);
      return { ...withManifest(input, manifestUrl), path, resource: resourceId(path) };
    }),
    bad: bad.map(([input, manifestUrl]) => ({ ...withManifest(input, manifestUrl), code: codeOf(input, manifestUrl) })),
    names: ranges.map(([first, last]) => {
      const name = resourceName("v0/all.mp4", { first, last });
      return { path: "v0/all.mp4", first: String(first), last: String(last), name, resource: resourceId(name) };
    }),
    badNames: [
      "a#",
      "a#1",
      "a#-1",
      "a#1-",
      "a#01-2",
      "a#2-1",
      "a# 1-2",
      "a#0x1-2",
      "a#0-9007199254740992",
      "a#0-1#2-3",
    ],
  };
}

function codeOf(input: string, manifestUrl: string | undefined): WeirErrorCode {
  try {
    canonicalPath(input, manifestUrl);
  } catch (error) {
    if (WeirError.is(error)) return error.code;
    throw error;
  }
  throw new Error(`accepted ${JSON.stringify(input)}`);
}

function manifests(): Json {
  const key = privateKey("publisher");
  const publisher = privateKeyToAddress(key);
  const cases = [1, 2, 3, 5, 8, 21].map((count) => {
    const name = count === 1 ? "documentary" : `film ${String(count)} – Größe`;
    const leaves = Array.from({ length: count }, (_, i): ManifestLeaf => {
      const contentHash = word(`${name} ${String(i)}`);
      return i % 4 === 3
        ? {
            ...parseResourceName(`v0/all.mp4#${String(i * 1_000)}-${String(i * 1_000 + 999)}`),
            contentHash,
            size: 1_000n,
          }
        : { path: `v0/segment-${String(i)}.m4s`, contentHash, size: uint(`${name} size ${String(i)}`, 24n) + 1n };
    });
    const content = { publisher, name, sequence: BigInt(count), notAfter: 4_102_444_800n, leaves };
    const digest = manifestDigest(content);
    const manifest = signedManifest(content, signDigest(digest, key));
    const tree = merkleTree(leaves.map((leaf) => leafHash(leafEntry(leaf))));
    return {
      name,
      streamId: streamId(publisher, name),
      sequence: String(content.sequence),
      notAfter: String(content.notAfter),
      leaves: leaves.map((leaf) => {
        const entry = leafEntry(leaf);
        const hash = leafHash(entry);
        return { name: resourceName(leaf.path, leaf.range), ...toJson(entry), leaf: hash, proof: getProof(tree, hash) };
      }),
      root: manifest.root,
      digest,
      signature: manifest.signature,
      file: formatManifest(manifest),
    };
  });
  return { privateKey: key, publisher, cases };
}

/** Every vector file and its text. */
export function vectorFiles(): ReadonlyMap<string, string> {
  const all = { domains, messages, channels, amounts, receipts, authorizations, signatures, paths, manifests };
  return new Map(Object.entries(all).map(([name, make]) => [`${name}.json`, `${JSON.stringify(make(), null, 2)}\n`]));
}

/** Where the vector files are. */
export const vectorsDirectory = new URL("../test/vectors/", import.meta.url);

if (import.meta.main) {
  const files = vectorFiles();
  const strangers = (await readdir(vectorsDirectory)).filter((name) => name.endsWith(".json") && !files.has(name));
  if (strangers.length > 0) throw new Error(`not a vector file of this script: ${strangers.join(", ")}`);
  for (const [name, text] of files) await writeFile(new URL(name, vectorsDirectory), text);
  console.log(`wrote ${String(files.size)} files to test/vectors`);
}
