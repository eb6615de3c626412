import { hashWords } from "./abiWords.ts";
import type { ChannelTerms } from "./channel.ts";
import type { WeirDomain } from "./domain.ts";
import { assertAddress, assertHex, assertUint } from "./hex.ts";
import type { Address, Hex } from "./hex.ts";
import { splitSignature } from "./signature.ts";
import type { CompactSignature } from "./signature.ts";
import { hashMessage } from "./typedData.ts";
import type { WeirMessage } from "./typedData.ts";

/**
 * The payer's signed, cumulative statement of verified bytes on one channel: `ChannelTerms` with `deliveredBytes` and
 * `segmentsRoot`. It never names money; the escrow computes that from the bytes and the price.
 */
export type SegmentReceipt = WeirMessage<"SegmentReceipt">;

/** One segment as it enters the running hash of a channel. */
export interface SegmentEntry {
  /** `resourceId` of its name. */
  readonly resource: Hex;
  /** SHA-256 of its bytes. */
  readonly contentHash: Hex;
  /** Bytes; uint64. */
  readonly size: bigint;
}

const SEGMENT_FIELDS = [
  { name: "root", type: "bytes32" },
  { name: "resource", type: "bytes32" },
  { name: "contentHash", type: "bytes32" },
  { name: "size", type: "uint64" },
] as const;

/**
 * The running hash after one more segment: `keccak256(abi.encode(root, resource, contentHash, size))`. The first `root`
 * of a channel is a random secret of the two parties, so nobody else can test guesses about what was watched.
 *
 * @throws WeirError `malformed-message` if a field has the wrong form
 */
export function nextSegmentsRoot(root: Hex, entry: SegmentEntry): Hex {
  const { resource, contentHash, size } = entry;
  return hashWords(SEGMENT_FIELDS, { root, resource, contentHash, size });
}

/**
 * The EIP-712 digest of a receipt.
 *
 * @param domain of PaymentChannels, or its separator
 * @throws WeirError `malformed-message` if a field has the wrong form
 */
export function receiptDigest(domain: WeirDomain | Hex, receipt: SegmentReceipt): Hex {
  return hashMessage(domain, "SegmentReceipt", receipt);
}

/** What one packed word of a settle row states. The payee is an argument of `settle`, not of the row. */
export type PackedTerms = Omit<ChannelTerms, "payee"> & {
  /** Cumulative bytes; uint64. */
  readonly deliveredBytes: bigint;
};

/**
 * The first word of a settle row: `pricePerGiB << 160 | gracePeriod << 128 | nonce << 64 | deliveredBytes`.
 *
 * @throws WeirError `malformed-message` if a field does not fit its type
 */
export function packTerms(terms: PackedTerms): Hex {
  const gracePeriod = Number.isInteger(terms.gracePeriod) ? BigInt(terms.gracePeriod) : undefined;
  assertUint(terms.pricePerGiB, 96, "pricePerGiB");
  assertUint(gracePeriod, 32, "gracePeriod");
  assertUint(terms.nonce, 64, "nonce");
  assertUint(terms.deliveredBytes, 64, "deliveredBytes");
  const packed = (terms.pricePerGiB << 160n) | (gracePeriod << 128n) | (terms.nonce << 64n) | terms.deliveredBytes;
  return `0x${packed.toString(16).padStart(64, "0")}`;
}

/** @throws WeirError `malformed-message` unless `packed` is 32 bytes */
export function unpackTerms(packed: Hex): PackedTerms {
  assertHex(packed, 32, "packed terms");
  const number = BigInt(packed);
  return {
    pricePerGiB: number >> 160n,
    gracePeriod: Number(BigInt.asUintN(32, number >> 128n)),
    nonce: BigInt.asUintN(64, number >> 64n),
    deliveredBytes: BigInt.asUintN(64, number),
  };
}

/** The four words that `settle` takes for one channel. */
export interface SettleRow {
  /** Terms and bytes in one word; see `packTerms`. */
  readonly terms: Hex;
  readonly segmentsRoot: Hex;
  readonly r: Hex;
  /** `s` with the parity in the highest bit (EIP-2098). */
  readonly vs: Hex;
}

/**
 * The row with which anyone settles a receipt.
 *
 * @throws WeirError `malformed-message`, `bad-signature` or `high-s` for what the escrow would skip anyway
 */
export function toSettleRow(receipt: SegmentReceipt, signature: CompactSignature): SettleRow {
  assertHex(receipt.segmentsRoot, 32, "segmentsRoot");
  const { r, vs } = splitSignature(signature);
  return { terms: packTerms(receipt), segmentsRoot: receipt.segmentsRoot, r, vs };
}

/**
 * The receipt and signature of a row, for whoever reads settlements from calldata.
 *
 * @param payee the argument of the `settle` call
 * @throws WeirError `malformed-message`, `bad-signature` or `high-s`
 */
export function fromSettleRow(
  payee: Address,
  row: SettleRow,
): { receipt: SegmentReceipt; signature: CompactSignature } {
  assertAddress(payee, "payee");
  assertHex(row.segmentsRoot, 32, "segmentsRoot");
  assertHex(row.r, 32, "r");
  assertHex(row.vs, 32, "vs");
  const signature: CompactSignature = `${row.r}${row.vs.slice(2)}` as Hex;
  splitSignature(signature);
  return { receipt: { payee, ...unpackTerms(row.terms), segmentsRoot: row.segmentsRoot }, signature };
}
