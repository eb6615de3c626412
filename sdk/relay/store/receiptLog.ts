import { bytesToHex } from "../../core/index.ts";
import type { Hex, ReceiptStep, SegmentEntry } from "../../core/index.ts";

// prev bytes, prev root, bytes, root, signature; then resource, hash and size of each entry
const PREV_ROOT_AT = 8;
const BYTES_AT = 40;
const ROOT_AT = 48;
const SIGNATURE_AT = 80;
const HEAD = 144;
const ENTRY = 72;

/** A receipt with its entries in 144 bytes and 72 an entry, as the log keeps it. */
export function encodeReceiptStep({ prev, entries, receipt }: ReceiptStep): Uint8Array {
  const bytes = Buffer.alloc(HEAD + ENTRY * entries.length);
  bytes.writeBigUInt64BE(prev.deliveredBytes, 0);
  writeHex(bytes, prev.segmentsRoot, PREV_ROOT_AT);
  bytes.writeBigUInt64BE(receipt.deliveredBytes, BYTES_AT);
  writeHex(bytes, receipt.segmentsRoot, ROOT_AT);
  writeHex(bytes, receipt.signature, SIGNATURE_AT);
  let at = HEAD;
  for (const { resource, contentHash, size } of entries) {
    writeHex(bytes, resource, at);
    writeHex(bytes, contentHash, at + 32);
    bytes.writeBigUInt64BE(size, at + 64);
    at += ENTRY;
  }
  return bytes;
}

/** The inverse of `encodeReceiptStep`. */
export function decodeReceiptStep(encoded: Uint8Array): ReceiptStep {
  const bytes = Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  const hex = (first: number, end: number): Hex => bytesToHex(bytes.subarray(first, end));
  const entries: SegmentEntry[] = [];
  for (let at = HEAD; at < bytes.length; at += ENTRY) {
    entries.push({
      resource: hex(at, at + 32),
      contentHash: hex(at + 32, at + 64),
      size: bytes.readBigUInt64BE(at + 64),
    });
  }
  return {
    prev: { deliveredBytes: bytes.readBigUInt64BE(0), segmentsRoot: hex(PREV_ROOT_AT, BYTES_AT) },
    entries,
    receipt: {
      deliveredBytes: bytes.readBigUInt64BE(BYTES_AT),
      segmentsRoot: hex(ROOT_AT, SIGNATURE_AT),
      signature: hex(SIGNATURE_AT, HEAD),
    },
  };
}

function writeHex(bytes: Buffer, hex: Hex, at: number): void {
  bytes.write(hex.slice(2), at, "hex");
}
