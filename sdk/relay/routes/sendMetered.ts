import { hashMessage } from "../../core/index.ts";
import type { Hex, Manifest, SegmentEntry } from "../../core/index.ts";
import { DELIVERY_HEADER } from "../../http/index.ts";
import type { Selection } from "../media/catalogue.ts";
import { meteredBody } from "../media/meteredBody.ts";
import type { RelayContext } from "../relayContext.ts";
import { assertAccepted } from "./acknowledgement.ts";
import type { MediaRequest } from "./mediaRequest.ts";
import { representationHeaders, respondIfFresh } from "./representation.ts";
import { respond } from "./respond.ts";
import { sessionOf } from "./sessionOf.ts";

/** Sends a listed resource to a session that pays for it. */
export type MeteredSender = (asked: MediaRequest, manifest: Manifest, selection: Selection) => Promise<Response>;

/**
 * Sends listed resources against receipts (H5, X1, X2): reserves the bytes, sends them once they are known to be those of
 * the manifest, and accounts for what left.
 */
export function meteredSender(context: RelayContext): MeteredSender {
  const { cache, channels, clock, limits, logger, presence } = context;

  const accountFor = (channelId: Hex, transfer: string, sent: number): void => {
    channels
      .step(channelId, { type: "transferred", transfer, sent: BigInt(sent), now: clock() })
      .catch((err: unknown) => {
        // The reservation stays, and counts in full once the relay restarts: its viewer has less credit until then.
        logger.error({ channel: channelId, err }, "the end of a transfer was not stored");
      });
  };

  return async (asked, manifest, { resource, part, total }) => {
    const session = sessionOf(context, asked, manifest.streamId);
    if (session instanceof Response) return session;
    const { leaf, entry } = resource;
    const { path, head, headers, stream, hangUp } = asked;
    const representation = {
      path,
      contentHash: leaf.contentHash,
      length: Number(leaf.size),
      cacheControl: "private",
      ...(part === undefined ? {} : { part }),
      ...(total === undefined ? {} : { total }),
    };
    const fresh = respondIfFresh(headers, representation);
    if (fresh !== undefined) return fresh;
    const status = part === undefined ? 200 : 206;
    const answer = representationHeaders(representation);
    if (head) return respond(status, null, answer);

    const { channelId } = session;
    const transfer = presence.nextTransfer();
    const { effects } = await channels.step(channelId, {
      type: "reserve",
      session: session.session,
      transfer,
      size: leaf.size,
      now: clock(),
    });
    assertAccepted(effects);
    try {
      const bytes = await cache.get(leaf, stream.config.source);
      const delivery = await signDelivery(context, channelId, manifest.root, entry);
      const onEnd = (sent: number): void => {
        accountFor(channelId, transfer, sent);
      };
      return respond(status, meteredBody(bytes, { stallMs: limits.stallMs, hangUp, onEnd }), {
        ...answer,
        [DELIVERY_HEADER]: delivery,
      });
    } catch (err) {
      logger.warn({ path, err }, "a listed resource cannot be served");
      accountFor(channelId, transfer, 0);
      throw err;
    }
  };
}

/** The agent's word on bytes that were hashed and found to be those of the manifest (L7). */
async function signDelivery(
  { agent, domain }: RelayContext,
  channelId: Hex,
  manifestRoot: Hex,
  { resource, contentHash, size }: SegmentEntry,
): Promise<Hex> {
  return agent.signDigest(hashMessage(domain, "Delivery", { channelId, manifestRoot, resource, contentHash, size }));
}
