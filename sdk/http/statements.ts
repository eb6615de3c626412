import type { SegmentEntry } from "../core/receipt.ts";
import type { Hex } from "../core/hex.ts";
import { asBytes32, asInteger, asSignature, asUint, asUintNumber } from "./fields.ts";
import { asObject } from "./json.ts";
import type { JsonObject } from "./json.ts";
import type { Acknowledged, SignedFund, SignedTotals, Totals } from "../core/totals.ts";
import { WeirError } from "../core/weirError.ts";

/** A segment on the wire: resource, SHA-256, size. */
export type EntryTuple = readonly [Hex, Hex, number];

/** The JSON form of totals. */
export function totalsToJson({ deliveredBytes, segmentsRoot }: Totals): JsonObject {
  return { deliveredBytes: deliveredBytes.toString(), segmentsRoot };
}

/** The JSON form of signed totals; `signature` is left out where there is none. */
export function acknowledgedToJson(acknowledged: Acknowledged): JsonObject {
  const { signature } = acknowledged;
  return { ...totalsToJson(acknowledged), ...(signature === undefined ? {} : { signature }) };
}

/** The JSON form of a fund. */
export function fundToJson({ total, validUntil, signature }: SignedFund): JsonObject {
  return { total: total.toString(), validUntil: validUntil.toString(), signature };
}

/** The JSON form of an entry. @throws WeirError `malformed-message` for a size that JSON cannot carry exactly */
export function entryToJson({ resource, contentHash, size }: SegmentEntry): EntryTuple {
  return [resource, contentHash, asInteger(Number(size), "size")];
}

/** @throws WeirError `malformed-message` */
export function parseTotals(value: unknown, name: string): Totals {
  const json = asObject(value, name);
  return {
    deliveredBytes: asUint(json["deliveredBytes"], 64, `${name}.deliveredBytes`),
    segmentsRoot: asBytes32(json["segmentsRoot"], `${name}.segmentsRoot`),
  };
}

/** @throws WeirError `malformed-message`, `bad-signature` */
export function parseSignedTotals(value: unknown, name: string): SignedTotals {
  const json = asObject(value, name);
  return { ...parseTotals(json, name), signature: asSignature(json["signature"], `${name}.signature`) };
}

/** @throws WeirError `malformed-message`, `bad-signature` */
export function parseAcknowledged(value: unknown, name: string): Acknowledged {
  const totals = parseTotals(value, name);
  const { signature } = asObject(value, name);
  if (signature !== undefined) return { ...totals, signature: asSignature(signature, `${name}.signature`) };
  if (totals.deliveredBytes !== 0n) throw new WeirError("malformed-message", `${name} has bytes but no signature`);
  return totals;
}

/** @throws WeirError `malformed-message`, `bad-signature` */
export function parseSignedFund(value: unknown, name: string): SignedFund {
  const json = asObject(value, name);
  return {
    total: asUint(json["total"], 96, `${name}.total`),
    validUntil: asUintNumber(json["validUntil"], 40, `${name}.validUntil`),
    signature: asSignature(json["signature"], `${name}.signature`),
  };
}

/** @throws WeirError `malformed-message`, or `oversized-message` for more than `maxEntries` */
export function parseEntries(value: unknown, name: string, maxEntries: number): SegmentEntry[] {
  if (!Array.isArray(value)) throw new WeirError("malformed-message", `${name} is not an array`);
  if (value.length > maxEntries)
    throw new WeirError("oversized-message", `${name} has over ${String(maxEntries)} items`);
  return value.map((item: unknown) => {
    if (!Array.isArray(item) || item.length !== 3) {
      throw new WeirError("malformed-message", `an item of ${name} is not [resource, contentHash, size]`);
    }
    const [resource, contentHash, size] = item as unknown[];
    return {
      resource: asBytes32(resource, "resource"),
      contentHash: asBytes32(contentHash, "contentHash"),
      size: BigInt(asInteger(size, "size")),
    };
  });
}
