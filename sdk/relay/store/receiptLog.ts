import type { Hex, ReceiptStep, SegmentEntry } from "../../core/index.ts";

// in bytes: prev bytes, prev root, bytes, root, signature; then resource, hash and size of each entry
const WORD = 8;
const HASH = 32;
const SIGNATURE = 64;

/** A receipt with its entries in 144 bytes and 72 an entry, as the log keeps it. */
export function encodeReceiptStep({ prev, entries, receipt }: ReceiptStep): Hex {
  let text: Hex = `0x${word(prev.deliveredBytes)}${digits(prev.segmentsRoot)}`;
  text += word(receipt.deliveredBytes) + digits(receipt.segmentsRoot) + digits(receipt.signature);
  for (const { resource, contentHash, size } of entries) text += digits(resource) + digits(contentHash) + word(size);
  return text as Hex;
}

/** The inverse of `encodeReceiptStep`. */
export function decodeReceiptStep(encoded: Hex): ReceiptStep {
  let at = 2;
  const hex = (size: number): Hex => `0x${encoded.slice(at, (at += 2 * size))}`;
  const uint = (): bigint => BigInt(hex(WORD));
  const prev = { deliveredBytes: uint(), segmentsRoot: hex(HASH) };
  const receipt = { deliveredBytes: uint(), segmentsRoot: hex(HASH), signature: hex(SIGNATURE) };
  const entries: SegmentEntry[] = [];
  while (at < encoded.length) entries.push({ resource: hex(HASH), contentHash: hex(HASH), size: uint() });
  return { prev, entries, receipt };
}

function digits(hex: Hex): string {
  return hex.slice(2);
}

/** A uint64 as 8 bytes of hex. */
function word(value: bigint): string {
  return value.toString(16).padStart(2 * WORD, "0");
}
