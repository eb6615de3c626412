import { canonicalPath, WeirError } from "../../core/index.ts";
import { TOKEN_PARAMETER } from "../../http/index.ts";
import type { RelayContext } from "../relayContext.ts";
import type { RelayHandler } from "../relayHandler.ts";
import type { MediaRequest } from "./mediaRequest.ts";
import { requestedRange } from "./representation.ts";
import { respondProblem } from "./respond.ts";
import { sendFree, sendManifest, sendPlaylist } from "./sendFree.ts";
import { meteredSender } from "./sendMetered.ts";

/** Answers `GET` and `HEAD` of whatever the streams hold (L8, H5). */
export function mediaRoute(context: RelayContext): RelayHandler {
  // The longest path first, so that a stream inside the directory of another is found.
  const streams = context.streams.toSorted((a, b) => b.config.path.length - a.config.path.length);
  const sendMetered = meteredSender(context);
  return async (request, info) => {
    const receivedAt = performance.now();
    const url = new URL(request.url);
    const stream = streams.find(({ config }) => url.pathname.startsWith(config.path));
    if (stream === undefined) throw new WeirError("not-found");
    const asked: MediaRequest = {
      stream,
      path: canonicalPath(url.pathname.slice(stream.config.path.length)),
      head: request.method === "HEAD",
      headers: request.headers,
      token: url.searchParams.get(TOKEN_PARAMETER),
      receivedAt,
      hangUp: info?.hangUp,
    };
    if (asked.path === stream.config.manifest) return sendManifest(asked, await stream.newest());
    let catalogue = await stream.catalogue();
    if (!catalogue.lists(asked.path)) {
      if (/\.(?:m3u8|mpd)$/i.test(asked.path)) {
        const answer = await sendPlaylist(context, asked);
        if (answer !== undefined) return answer;
      }
      // A live stream may have published the resource a moment ago.
      catalogue = await stream.newest(receivedAt);
    }
    const facts = catalogue.describe(asked.path);
    const range = requestedRange(request, facts?.tag);
    try {
      const selection = catalogue.select(asked.path, range);
      return await (stream.config.free
        ? sendFree(context, asked, selection, range)
        : sendMetered(asked, catalogue.manifest, selection));
    } catch (error) {
      if (!WeirError.is(error, "range-not-satisfiable") || facts?.size === undefined) throw error;
      context.emit({ type: "requestRefused", route: "media", code: error.code });
      return respondProblem(error, { headers: { "content-range": `bytes */${facts.size}` } });
    }
  };
}
