import { WeirError } from "../../core/index.ts";
import { playlistReferences } from "../../core/playlistReferences.ts";
import { resolveRange } from "../media/byteRange.ts";
import type { RequestedRange } from "../media/byteRange.ts";
import type { Catalogue, Selection } from "../media/catalogue.ts";
import { meteredBody } from "../media/meteredBody.ts";
import type { Playlist } from "../media/playlistCache.ts";
import type { RelayContext } from "../relayContext.ts";
import type { Source } from "../sources/source.ts";
import type { MediaRequest } from "./mediaRequest.ts";
import { readListed } from "./readListed.ts";
import { representationHeaders, respondToConditions } from "./representation.ts";
import { respond, respondFromDisk, respondProblem } from "./respond.ts";
import { sessionOf } from "./sessionOf.ts";

/** Free bytes that a request for a playlist costs at least, found or not: it may make the relay ask its origin. */
const LEAST_CHARGE = 1_024;

/** The manifest, exactly as it was checked. */
export function sendManifest({ headers, head, path }: MediaRequest, { file, fileHash }: Catalogue): Response {
  const representation = { path, tag: fileHash, length: file.length, cacheControl: "no-cache" };
  return (
    respondToConditions(headers, representation) ??
    respond(200, head ? null : file, representationHeaders(representation))
  );
}

/**
 * A playlist that the manifest does not list: free within the session's allowance, and nobody's word (L8).
 *
 * @returns `undefined` if the newest manifest does list it
 */
export async function sendPlaylist(context: RelayContext, asked: MediaRequest): Promise<Response | undefined> {
  const { stream, path, head, headers } = asked;
  const { free } = stream.config;
  const session = free ? undefined : sessionOf(context, asked, (await stream.catalogue()).manifest.streamId);
  if (session instanceof Response) return session;
  const charge = (bytes: number): Response | undefined =>
    session === undefined ? undefined : takeAllowance(context, session.session, bytes);
  const refused = charge(LEAST_CHARGE);
  if (refused !== undefined) return refused;
  const found = await coveredPlaylist(context, asked);
  if (found === undefined) return undefined;
  const { bytes, contentHash, ageMs } = found;
  const age = Math.floor(ageMs / 1_000);
  const representation = { path, tag: contentHash, length: bytes.length, cacheControl: "no-cache", age };
  const conditional = respondToConditions(headers, representation);
  if (conditional !== undefined) return conditional;
  const answer = representationHeaders(representation);
  if (head) return respond(200, null, answer);
  return charge(Math.max(0, bytes.length - LEAST_CHARGE)) ?? respond(200, bytes, answer);
}

/**
 * The playlist, after a look at a manifest that is at least as new: whoever gets the one here gets the other here too. Most
 * manifests come in the time in which the playlist does.
 */
async function coveredPlaylist(context: RelayContext, { path, stream }: MediaRequest): Promise<Playlist | undefined> {
  const reading = readPlaylist(context, stream.config.path, path, stream.config.source);
  reading.catch(() => undefined); // Looked at below, unless it is listed.
  const newest = await stream.newest();
  if (newest.lists(path)) return undefined;
  const playlist = await reading;
  if (!namesOnlyListed(playlist.bytes, path, newest)) await stream.newest(performance.now());
  return playlist;
}

/** Whether the manifest lists all that a playlist names; true of what is none of HLS, which is the viewer's to judge. */
function namesOnlyListed(bytes: Uint8Array, playlist: string, { lists }: Catalogue): boolean {
  try {
    const references = playlistReferences(new TextDecoder().decode(bytes), playlist);
    return references.every(({ path }) => lists(path) || /\.m3u8$/i.test(path));
  } catch (error) {
    if (!WeirError.is(error)) throw error;
    return true;
  }
}

async function readPlaylist(
  { emit, playlists }: RelayContext,
  stream: string,
  path: string,
  source: Source,
): Promise<Playlist> {
  try {
    return await playlists.get(stream, path, source);
  } catch (error) {
    if (WeirError.is(error, "not-found")) throw new WeirError("path-not-listed", undefined, { cause: error });
    if (WeirError.is(error, "too-many-requests")) throw error;
    emit({ type: "originFailed", stream, code: WeirError.is(error) ? error.code : "internal" });
    throw error;
  }
}

function takeAllowance({ allowance, emit }: RelayContext, session: string, bytes: number): Response | undefined {
  const retryAfter = allowance.take(session, bytes);
  if (retryAfter === 0) return undefined;
  emit({ type: "limitHit", limit: "free-bytes" });
  emit({ type: "requestRefused", route: "media", code: "too-many-requests" });
  const error = new WeirError("too-many-requests", "the free bytes of this minute are used up");
  return respondProblem(error, { retryAfter });
}

/**
 * A resource of a stream that is served without payment. Only bytes that match the manifest leave even here.
 *
 * @param range that the request wants, listed or not
 */
export async function sendFree(
  context: RelayContext,
  asked: MediaRequest,
  selection: Selection,
  range: RequestedRange | undefined,
): Promise<Response> {
  const { accelerator, emit, limits } = context;
  const { stream, path, head, headers, hangUp, receivedAt } = asked;
  const { resource, part, total, tag } = selection;
  const size = Number(resource.leaf.size);
  // Any part will do: nobody pays for it, so nobody has to be able to verify it by itself.
  const cut = part === undefined && range !== undefined ? resolveRange(range, size) : undefined;
  const sent = part ?? cut;
  const representation = {
    path,
    tag,
    hasParts: true,
    length: cut === undefined ? size : cut.last - cut.first + 1,
    cacheControl: "public, max-age=60",
    ...(sent === undefined ? {} : { part: sent }),
    ...(total === undefined ? {} : { total }),
  };
  const conditional = respondToConditions(headers, representation);
  if (conditional !== undefined) return conditional;
  const status = sent === undefined ? 200 : 206;
  const answer = representationHeaders(representation);
  if (head) return respond(status, null, answer);
  const found = (await accelerator.locate(asked, selection)) ?? (await readListed(context, stream, resource.leaf));
  const seconds = (performance.now() - receivedAt) / 1_000;
  const { length } = representation;
  const onEnd = (bytes: number): void => {
    if (typeof found !== "string") found.release();
    emit({ type: "segmentServed", stream: stream.config.path, free: true, bytes, size: length, seconds });
  };
  if (typeof found === "string") {
    onEnd(length);
    return respondFromDisk(found, answer);
  }
  const body = cut === undefined ? found.bytes : found.bytes.subarray(cut.first, cut.last + 1);
  return respond(status, meteredBody(body, { ...limits, hangUp, onEnd }), answer);
}
