import { hashWords, hashWordsToBytes } from "./abiWords.ts";
import type { WordField, WordValue } from "./abiWords.ts";
import { domainSeparator, typeStringHash } from "./domain.ts";
import type { ManifestDomain, WeirDomain } from "./domain.ts";
import { bytesToHex, hexToBytes, writeHex } from "./hex.ts";
import type { Hex } from "./hex.ts";
import { keccak256 } from "./keccak256.ts";

/**
 * Every EIP-712 type of the protocol, in the form that viem's and ethers' `signTypedData` take. All fields have a fixed
 * size. The order of the fields is part of the type hash.
 */
export const weirTypes = {
  /** The payer's cumulative statement of verified bytes. Session key; domain of PaymentChannels. */
  SegmentReceipt: [
    { name: "payee", type: "address" },
    { name: "pricePerGiB", type: "uint96" },
    { name: "gracePeriod", type: "uint32" },
    { name: "nonce", type: "uint64" },
    { name: "deliveredBytes", type: "uint64" },
    { name: "segmentsRoot", type: "bytes32" },
  ],
  /** Leave to raise a channel's deposit to `total`. Session key; domain of PaymentChannels. */
  Fund: [
    { name: "payee", type: "address" },
    { name: "pricePerGiB", type: "uint96" },
    { name: "gracePeriod", type: "uint32" },
    { name: "nonce", type: "uint64" },
    { name: "total", type: "uint96" },
    { name: "validUntil", type: "uint40" },
  ],
  /** The session key's word that this wallet owns its account. Session key; domain of PaymentChannels. */
  Session: [{ name: "owner", type: "address" }],
  /** Leave to close a channel in which at least this many bytes are settled. Payee or agent; domain of PaymentChannels. */
  Close: [
    { name: "channelId", type: "bytes32" },
    { name: "minSettledBytes", type: "uint64" },
  ],
  /** Opens one HTTP session; never on chain. Session key; domain of PaymentChannels. */
  Open: [
    { name: "channelId", type: "bytes32" },
    { name: "challenge", type: "bytes32" },
    { name: "realmHash", type: "bytes32" },
  ],
  /** The relay's word that a manifest's resource has this hash and size. Agent; domain of PaymentChannels. */
  Delivery: [
    { name: "channelId", type: "bytes32" },
    { name: "manifestRoot", type: "bytes32" },
    { name: "resource", type: "bytes32" },
    { name: "contentHash", type: "bytes32" },
    { name: "size", type: "uint64" },
  ],
  /** The agent key's word that it works for this operator. Agent; domain of OperatorRegistry. */
  Agent: [{ name: "operator", type: "address" }],
  /** The publisher's word that this root lists a stream's resources. Publisher; domain of manifests. */
  Manifest: [
    { name: "streamId", type: "bytes32" },
    { name: "sequence", type: "uint64" },
    { name: "notAfter", type: "uint64" },
    { name: "root", type: "bytes32" },
  ],
} as const satisfies Record<string, readonly WordField[]>;

/** The name of a message type. */
export type WeirTypeName = keyof typeof weirTypes;

/** The message of a type: its fields as values. Integers of up to 48 bits are numbers, wider ones bigints (as in viem). */
export type WeirMessage<Name extends WeirTypeName> = {
  readonly [Field in (typeof weirTypes)[Name][number] as Field["name"]]: WordValue<Field["type"]>;
};

/** The domain that messages of a type are signed in. */
export type DomainOf<Name extends WeirTypeName> = Name extends "Manifest" ? ManifestDomain : WeirDomain;

/** The encoded type of EIP-712, such as `Session(address owner)`. */
export function typeString(name: WeirTypeName): string {
  return `${name}(${weirTypes[name].map((field) => `${field.type} ${field.name}`).join(",")})`;
}

const typeHashes = new Map<WeirTypeName, Uint8Array>();

function typeHashBytes(name: WeirTypeName): Uint8Array {
  let hash = typeHashes.get(name);
  if (hash === undefined) typeHashes.set(name, (hash = hexToBytes(typeStringHash(typeString(name)))));
  return hash;
}

/** The hash of the encoded type, as the contracts hold it in a constant. */
export function typeHash(name: WeirTypeName): Hex {
  return bytesToHex(typeHashBytes(name));
}

/** `hashStruct` of EIP-712. Errors as in `hashMessage`. */
export function hashStruct<Name extends WeirTypeName>(name: Name, message: WeirMessage<Name>): Hex {
  return hashWords(weirTypes[name], message, typeHashBytes(name));
}

/**
 * The EIP-712 digest that is signed for a message.
 *
 * @param domain the domain, or its separator where many messages share it
 * @throws WeirError `malformed-message` naming the first field that has the wrong form or does not fit its type
 */
export function hashMessage<Name extends WeirTypeName>(
  domain: DomainOf<Name> | Hex,
  name: Name,
  message: WeirMessage<Name>,
): Hex {
  const separator = typeof domain === "string" ? domain : domainSeparator(domain);
  writeHex(preimage, 2, separator, 32, "domain separator");
  preimage.set(hashWordsToBytes(weirTypes[name], message, typeHashBytes(name)), 34);
  return bytesToHex(keccak256(preimage));
}

/** What is hashed last: two fixed bytes, the domain separator and the struct's hash. The same buffer every time. */
const preimage = /* @__PURE__ */ Uint8Array.of(0x19, 0x01, ...new Uint8Array(64));
