import { WeirError } from "../../core/index.ts";
import { resolveRange } from "../media/byteRange.ts";
import type { Catalogue, Selection } from "../media/catalogue.ts";
import { contentType } from "../media/contentType.ts";
import { meteredBody } from "../media/meteredBody.ts";
import type { RelayContext } from "../relayContext.ts";
import type { MediaRequest } from "./mediaRequest.ts";
import { representationHeaders, requestedRange, respondIfFresh } from "./representation.ts";
import { respond, respondProblem } from "./respond.ts";
import { sessionOf } from "./sessionOf.ts";

/** Largest playlist that is passed on unverified, in bytes. */
const MAX_PLAYLIST_BYTES = 1_048_576;

/** The manifest, exactly as it was checked. */
export function sendManifest({ headers, head, path }: MediaRequest, { file, fileHash }: Catalogue): Response {
  const representation = { path, contentHash: fileHash, length: file.length, cacheControl: "no-cache" };
  return (
    respondIfFresh(headers, representation) ?? respond(200, head ? null : file, representationHeaders(representation))
  );
}

/** A playlist that the manifest does not list: free within the session's allowance, and nobody's word (L8). */
export async function sendPlaylist(context: RelayContext, asked: MediaRequest): Promise<Response> {
  const { stream, path, head } = asked;
  const { source, free } = stream.config;
  const session = free ? undefined : sessionOf(context, asked, (await stream.catalogue()).manifest.streamId);
  if (session instanceof Response) return session;
  const bytes = await source.read(path, { maxBytes: MAX_PLAYLIST_BYTES }).catch((error: unknown) => {
    if (WeirError.is(error, "not-found")) throw new WeirError("path-not-listed", undefined, { cause: error });
    throw error;
  });
  if (session !== undefined && !head) {
    const retryAfter = context.allowance.take(session.session, bytes.length);
    if (retryAfter > 0) {
      const error = new WeirError("too-many-requests", "the free bytes of this minute are used up");
      return respondProblem(error, { retryAfter });
    }
  }
  return respond(200, head ? null : bytes, {
    "content-type": contentType(path),
    "content-length": String(bytes.length),
    "cache-control": "no-cache",
  });
}

/** A resource of a stream that is served without payment. Only bytes that match the manifest leave even here. */
export async function sendFree(
  { cache, limits }: RelayContext,
  { stream, path, head, headers, hangUp }: MediaRequest,
  { resource, part, total }: Selection,
): Promise<Response> {
  const { contentHash, size } = resource.leaf;
  const range = requestedRange(headers);
  // Any part will do: nobody pays for it, so nobody has to be able to verify it by itself.
  const cut = part === undefined && range !== undefined ? resolveRange(range, Number(size)) : undefined;
  const sent = part ?? cut;
  const representation = {
    path,
    contentHash,
    length: cut === undefined ? Number(size) : cut.last - cut.first + 1,
    cacheControl: "public, max-age=60",
    ...(sent === undefined ? {} : { part: sent }),
    ...(total === undefined ? {} : { total }),
  };
  const fresh = respondIfFresh(headers, representation);
  if (fresh !== undefined) return fresh;
  const status = sent === undefined ? 200 : 206;
  const answer = representationHeaders(representation);
  if (head) return respond(status, null, answer);
  const bytes = await cache.get(resource.leaf, stream.config.source);
  const body = cut === undefined ? bytes : bytes.subarray(cut.first, cut.last + 1);
  return respond(status, meteredBody(body, { stallMs: limits.stallMs, hangUp, onEnd: () => undefined }), answer);
}
