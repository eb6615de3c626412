import { WeirError } from "../../core/index.ts";

/**
 * The body of a request, of at most `limit` bytes. Reading stops at the limit, whatever the request says about its length.
 *
 * @throws WeirError `oversized-message`, or `malformed-message` if the client went away or lied about the length
 */
export async function readBody(request: Request, limit: number): Promise<Uint8Array> {
  const stated = request.headers.get("content-length");
  if (stated !== null && Number(stated) > limit) throw oversized(limit);
  try {
    // With a stated length the server reads no further than that; without one, count.
    const body = stated === null ? await readCounting(request, limit) : new Uint8Array(await request.arrayBuffer());
    if (body.length > limit) throw oversized(limit);
    return body;
  } catch (cause) {
    if (WeirError.is(cause)) throw cause;
    throw new WeirError("malformed-message", "the body did not arrive whole", { cause });
  }
}

async function readCounting(request: Request, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.length;
    if (length > limit) throw oversized(limit);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

function oversized(limit: number): WeirError {
  return new WeirError("oversized-message", `the body is over ${limit} bytes`);
}
