/** The header names, media types and fixed paths of the protocol, once. */

/** Signed `Delivery` of a metered answer: 64 bytes as `0x` hex (H5). */
export const DELIVERY_HEADER = "Weir-Delivery";

/**
 * On a request: `on` if the proxy in front follows `X-Accel-Redirect`. The proxy sets it, whatever its client sent; alone it
 * does nothing, because the relay's own settings say where a proxy may be sent.
 */
export const ACCEL_HEADER = "Weir-Accel";

/** Proof of a successful payment, on 2xx answers of sessions and receipts only (H7). */
export const PAYMENT_RECEIPT_HEADER = "Payment-Receipt";

/** The HTTP authentication scheme of challenges and credentials (H2, H3). */
export const PAYMENT_SCHEME = "Payment";

/** The payment method and intent that this protocol registers in the scheme. */
export const PAYMENT_METHOD = "weir";
export const PAYMENT_INTENT = "session";

/** The query parameter that carries the session token of a segment request (H4). */
export const TOKEN_PARAMETER = "weir";

/** Where a relay states its terms, relative to its base URL (H1). */
export const TERMS_PATH = "/.well-known/weir";

/** Media type of problem documents (RFC 9457). */
export const PROBLEM_MEDIA_TYPE = "application/problem+json";

/** Largest body of a POST, a terms document or a JSON answer, in bytes (T1). */
export const MAX_BODY_BYTES = 65_536;

/** Most entries in one receipt post (T2). */
export const MAX_ENTRIES = 256;

/** Largest header value that is looked into, in characters: Node refuses more than 16 KiB of headers altogether. */
export const MAX_HEADER_LENGTH = 8_192;
