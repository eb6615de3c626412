import { canonicalPath, WeirError } from "../../core/index.ts";
import { TOKEN_PARAMETER } from "../../http/index.ts";
import type { Catalogue } from "../media/catalogue.ts";
import type { RelayContext } from "../relayContext.ts";
import type { RelayHandler } from "../relayHandler.ts";
import type { MediaRequest } from "./mediaRequest.ts";
import { requestedRange } from "./representation.ts";
import { sendFree, sendManifest, sendPlaylist } from "./sendFree.ts";
import { meteredSender } from "./sendMetered.ts";

/** Answers `GET` and `HEAD` of whatever the streams hold (L8, H5). */
export function mediaRoute(context: RelayContext): RelayHandler {
  // The longest path first, so that a stream inside the directory of another is found.
  const streams = context.streams.toSorted((a, b) => b.config.path.length - a.config.path.length);
  const sendMetered = meteredSender(context);
  return async (request, info) => {
    const url = new URL(request.url);
    const stream = streams.find(({ config }) => url.pathname.startsWith(config.path));
    if (stream === undefined) throw new WeirError("not-found");
    const asked: MediaRequest = {
      stream,
      path: canonicalPath(url.pathname.slice(stream.config.path.length)),
      head: request.method === "HEAD",
      headers: request.headers,
      token: url.searchParams.get(TOKEN_PARAMETER),
      hangUp: info?.hangUp,
    };
    if (asked.path === stream.config.manifest) return sendManifest(asked, await stream.newest());
    const catalogue = await catalogueFor(asked);
    if (catalogue === undefined) return sendPlaylist(context, asked);
    const selection = catalogue.select(asked.path, requestedRange(asked.headers));
    return stream.config.free ? sendFree(context, asked, selection) : sendMetered(asked, catalogue.manifest, selection);
  };
}

/** The manifest to look the path up in, or `undefined` for a playlist that none lists. */
async function catalogueFor({ stream, path }: MediaRequest): Promise<Catalogue | undefined> {
  const known = await stream.catalogue();
  if (known.lists(path)) return known;
  // A live stream may have published the resource a moment ago.
  const newest = await stream.newest();
  return newest.lists(path) || !/\.(?:m3u8|mpd)$/i.test(path) ? newest : undefined;
}
