import type { Channel } from "../core/channel.ts";
import type { Hex } from "../core/hex.ts";
import { channelToJson, parseChannel } from "./credential.ts";
import { asSignature, asUint } from "./fields.ts";
import { MAX_BODY_BYTES } from "./headers.ts";
import { asObject, parseJsonObject } from "./json.ts";

/**
 * A payer's wish to close a channel at once (H10). The relay answers with a `Close` over the same bytes, which lets anybody
 * close the channel once they are settled, and serves nothing more on it.
 */
export interface ClosingPost {
  readonly channel: Channel;
  /** What the payer verified, as far as it signed funding: no less than the relay could collect. */
  readonly minSettledBytes: bigint;
  /** The session key's own `Close` over these. On the chain it is worth nothing; here it shows who asks. */
  readonly signature: Hex;
}

/** The relay's leave to close (H10). */
export interface ClosingAnswer {
  /** The payee's or its agent's `Close` over the bytes of the post. */
  readonly signature: Hex;
}

/** The body of a closing post, as JSON text. */
export function encodeClosingPost({ channel, minSettledBytes, signature }: ClosingPost): string {
  return JSON.stringify({
    channel: channelToJson(channel),
    minSettledBytes: minSettledBytes.toString(),
    signature,
  });
}

/** @throws WeirError `oversized-message`, `malformed-message`, `bad-signature` */
export function parseClosingPost(body: string | Uint8Array, maxBodyBytes = MAX_BODY_BYTES): ClosingPost {
  const json = parseJsonObject(body, "closing post", maxBodyBytes);
  return {
    channel: parseChannel(asObject(json["channel"], "channel"), "channel"),
    minSettledBytes: asUint(json["minSettledBytes"], 64, "minSettledBytes"),
    signature: asSignature(json["signature"], "signature"),
  };
}

/** The body of the answer, as JSON text. */
export function encodeClosingAnswer({ signature }: ClosingAnswer): string {
  return JSON.stringify({ signature });
}

/**
 * The answer to a closing post, with its form checked. Whose signature it is, the chain says when it is used.
 *
 * @throws WeirError `oversized-message`, `malformed-message`, `bad-signature`
 */
export function parseClosingAnswer(body: string | Uint8Array): ClosingAnswer {
  return { signature: asSignature(parseJsonObject(body, "closing answer", MAX_BODY_BYTES)["signature"], "signature") };
}
