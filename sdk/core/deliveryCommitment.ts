import { encodeWords } from "./abiWords.ts";
import { bytesToHex } from "./hex.ts";
import type { Address, Hex } from "./hex.ts";
import { keccak256 } from "./keccak256.ts";
import { flatDelivery } from "./signedDelivery.ts";
import type { SignedDelivery } from "./signedDelivery.ts";
import { weirTypes } from "./typedData.ts";

const HEAD_FIELDS = [
  { name: "reporter", type: "address" },
  { name: "salt", type: "bytes32" },
  { name: "offset", type: "uint256" },
  { name: "length", type: "uint256" },
] as const;

const DELIVERY_FIELDS = [
  ...weirTypes.Delivery,
  { name: "r", type: "bytes32" },
  { name: "vs", type: "bytes32" },
] as const;

/** What a reporter commits to before it shows a proof. */
export interface DeliveryCommitment {
  /** Who will send the report. */
  readonly reporter: Address;
  /** 32 random bytes, kept secret until the report: without them, whoever else holds the deliveries could tell what is coming. */
  readonly salt: Hex;
  /** The one or the two that will be reported, in that order. */
  readonly deliveries: readonly SignedDelivery[];
}

/**
 * The commitment of `commitDispute`: `keccak256(abi.encode(reporter, salt, deliveries))`, as `commitmentOf` of
 * DeliveryDisputes computes it.
 *
 * @throws WeirError `malformed-message` naming the field, `bad-signature` or `high-s`
 */
export function deliveryCommitment({ deliveries, reporter, salt }: DeliveryCommitment): Hex {
  const length = BigInt(deliveries.length);
  const parts = [
    encodeWords(HEAD_FIELDS, { reporter, salt, offset: 96n, length }),
    ...deliveries.map((signed) => encodeWords(DELIVERY_FIELDS, flatDelivery(signed))),
  ];
  const encoded = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    encoded.set(part, offset);
    offset += part.length;
  }
  return bytesToHex(keccak256(encoded));
}
