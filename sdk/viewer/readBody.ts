import { WeirError } from "../core/weirError.ts";
import { untilAborted } from "./clock.ts";

/**
 * Reads a body into memory, and never more of it than expected, whatever its headers say and however long it goes on.
 *
 * @param limit most bytes
 * @param onBytes called with the number of bytes of each piece
 * @throws WeirError `oversized-message` when there is more; the signal's reason; what the network throws
 */
export async function readBody(
  response: Response,
  limit: number,
  signal: AbortSignal,
  onBytes?: (bytes: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  if (response.body === null) return new Uint8Array();
  const reader = response.body.getReader();
  const pieces: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await untilAborted(reader.read(), signal);
      if (done) break;
      length += value.length;
      if (length > limit) throw new WeirError("oversized-message", `the body is over ${limit} bytes`);
      pieces.push(value);
      onBytes?.(value.length);
    }
  } catch (error) {
    // The connection is given up; that it breaks off is no news.
    reader.cancel().catch(() => undefined);
    throw error;
  }
  const body = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    body.set(piece, at);
    at += piece.length;
  }
  return body;
}
