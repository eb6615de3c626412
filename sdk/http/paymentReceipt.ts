import type { Hex } from "../core/hex.ts";
import { decodeBase64UrlJson, encodeBase64Url } from "./base64Url.ts";
import { asBytes32, asLiteral, asText, asUint } from "./fields.ts";
import { MAX_HEADER_LENGTH, PAYMENT_METHOD } from "./headers.ts";
import { formatTimestamp, parseTimestamp } from "./timestamp.ts";

/** What the `Payment-Receipt` header states (H7): the relay took a payment statement on this channel. */
export interface PaymentReceipt {
  readonly channelId: Hex;
  readonly deliveredBytes: bigint;
  /** Seconds since the epoch. */
  readonly timestamp: number;
}

/** The value of a `Payment-Receipt` header. */
export function formatPaymentReceipt({ channelId, deliveredBytes, timestamp }: PaymentReceipt): string {
  return encodeBase64Url(
    JSON.stringify({
      method: PAYMENT_METHOD,
      reference: channelId,
      status: "success",
      timestamp: formatTimestamp(timestamp),
      deliveredBytes: deliveredBytes.toString(),
    }),
  );
}

/** @throws WeirError `oversized-message`, `malformed-message` */
export function parsePaymentReceipt(header: string): PaymentReceipt {
  const json = decodeBase64UrlJson(header, "Payment-Receipt", MAX_HEADER_LENGTH);
  asLiteral(json["method"], PAYMENT_METHOD, "method");
  asLiteral(json["status"], "success", "status");
  return {
    channelId: asBytes32(json["reference"], "reference"),
    deliveredBytes: asUint(json["deliveredBytes"], 64, "deliveredBytes"),
    timestamp: parseTimestamp(asText(json["timestamp"], "timestamp", 64), "timestamp"),
  };
}
