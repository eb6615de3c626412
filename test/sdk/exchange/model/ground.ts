import { sha256 } from "@noble/hashes/sha2";
import {
  bytesToHex,
  domainSeparator,
  hashMessage,
  privateKeyToAddress,
  receiptDigest,
  resourceId,
  signDigest,
  weirDomain,
} from "../../../../sdk/core/index.ts";
import type {
  Address,
  Channel,
  Hex,
  Secp256k1,
  SegmentEntry,
  SignedFund,
  SignedTotals,
  Totals,
} from "../../../../sdk/core/index.ts";
import { defaultRelayPolicy, defaultViewerPolicy } from "../../../../sdk/exchange/index.ts";
import type { RelayPolicy, UnsignedFund, ViewerPolicy } from "../../../../sdk/exchange/index.ts";
import { ModelChain } from "./modelChain.ts";
import { Network } from "./wire.ts";

/** Small numbers, so that every limit is met often. */
export const relayPolicy: RelayPolicy = {
  ...defaultRelayPolicy,
  baseCredit: 100n,
  creditCeiling: 160n,
  signerCredit: 300n,
  unfundedCredit: 450n,
  maxTransfers: 4,
  maxSessions: 3,
};

export const viewerPolicy: ViewerPolicy = {
  ...defaultViewerPolicy,
  postBytes: 60n,
  maxEntries: 3,
  maxFailures: 4,
  dropSeconds: 60,
  fundBytes: 150n,
};

export const GRACE_PERIOD = 3_600;
export const START = 1_800_000_000;

/** What the manifest lists: ten resources of 11 to 47 bytes. */
export const resources: readonly { readonly bytes: Uint8Array; readonly entry: SegmentEntry }[] = Array.from(
  { length: 10 },
  (_, i) => {
    const bytes = new Uint8Array(11 + 4 * i).fill(i);
    const size = BigInt(bytes.length);
    return { bytes, entry: { resource: resourceId(`${i}.m4s`), contentHash: bytesToHex(sha256(bytes)), size } };
  },
);

export const LARGEST = 47n;

/** Whether a body is what the manifest says. */
export function isGenuine(resource: number, body: Uint8Array): boolean {
  const { bytes, entry } = resources[resource]!;
  return body.length === bytes.length && bytesToHex(sha256(body)) === entry.contentHash;
}

/** A private key and what it signs. */
export class Key {
  readonly #key: Hex;
  readonly #ground: Ground;
  readonly address: Address;

  constructor(ground: Ground, number: number) {
    this.#ground = ground;
    this.#key = `0x${(number + 1).toString(16).padStart(64, "0")}`;
    this.address = privateKeyToAddress(this.#key, ground.secp256k1);
  }

  receipt({ payee, pricePerGiB, gracePeriod, nonce }: Channel, totals: Totals): SignedTotals {
    const { deliveredBytes, segmentsRoot } = totals;
    const message = { payee, pricePerGiB, gracePeriod, nonce, deliveredBytes, segmentsRoot };
    return { deliveredBytes, segmentsRoot, signature: this.#sign(receiptDigest(this.#ground.domain, message)) };
  }

  fund({ payee, pricePerGiB, gracePeriod, nonce }: Channel, { total, validUntil }: UnsignedFund): SignedFund {
    const message = { payee, pricePerGiB, gracePeriod, nonce, total, validUntil };
    return { total, validUntil, signature: this.#sign(hashMessage(this.#ground.domain, "Fund", message)) };
  }

  #sign(digest: Hex): Hex {
    return signDigest(digest, this.#key, this.#ground.secp256k1);
  }
}

/** How often something worth testing happened. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(event: string): void {
    this.#counts.set(event, (this.#counts.get(event) ?? 0) + 1);
  }

  of(event: string): number {
    return this.#counts.get(event) ?? 0;
  }

  toString(): string {
    const rows = [...this.#counts].sort(([a], [b]) => a.localeCompare(b));
    return rows.map(([event, count]) => `${String(count).padStart(8)}  ${event}`).join("\n");
  }
}

/** What all parties of one world stand on. */
export class Ground {
  readonly domain = domainSeparator(
    weirDomain({ chainId: 31_337, verifyingContract: `0x${"5e".repeat(20)}`, salt: `0x${"5a".repeat(32)}` }),
  );
  readonly secp256k1: Secp256k1;
  readonly chain: ModelChain;
  readonly network = new Network();
  readonly tally: Tally;
  readonly pricePerGiB: bigint;
  now = START;
  #serial = 0;

  constructor(secp256k1: Secp256k1, pricePerGiB: bigint, tally: Tally) {
    this.secp256k1 = secp256k1;
    this.pricePerGiB = pricePerGiB;
    this.tally = tally;
    this.chain = new ModelChain(this);
  }

  /** A number that was not used before, in place of everything random. */
  serial(): number {
    return ++this.#serial;
  }

  channel(signer: Address, payee: Address): Channel {
    const { pricePerGiB } = this;
    return { signer, payee, pricePerGiB, gracePeriod: GRACE_PERIOD, nonce: BigInt(this.serial()) };
  }

  seed(): Hex {
    return `0x${this.serial().toString(16).padStart(64, "5")}`;
  }
}
