import { hashMessage } from "../../core/index.ts";
import type { Hex, Manifest, SegmentEntry } from "../../core/index.ts";
import { DELIVERY_HEADER } from "../../http/index.ts";
import type { Selection } from "../media/catalogue.ts";
import { meteredBody } from "../media/meteredBody.ts";
import type { Loan } from "../media/verifiedCache.ts";
import type { RelayContext } from "../relayContext.ts";
import { assertAccepted } from "./acknowledgement.ts";
import type { MediaRequest } from "./mediaRequest.ts";
import { readListed } from "./readListed.ts";
import { representationHeaders, respondToConditions } from "./representation.ts";
import { respond, respondFromDisk } from "./respond.ts";
import type { AnswerHeaders } from "./respond.ts";
import { sessionOf } from "./sessionOf.ts";

/** Sends a listed resource to a session that pays for it. */
export type MeteredSender = (asked: MediaRequest, manifest: Manifest, selection: Selection) => Promise<Response>;

/**
 * Sends listed resources against receipts (H5, X1, X2): reserves the bytes, sends them once they are known to be those of
 * the manifest, and accounts for what left.
 */
export function meteredSender(context: RelayContext): MeteredSender {
  const { accelerator, channels, clock, emit, limits, logger, presence } = context;

  const accountFor = (channelId: Hex, transfer: string, sent: number): void => {
    channels
      .step(channelId, { type: "transferred", transfer, sent: BigInt(sent), now: clock() })
      .catch((err: unknown) => {
        // The reservation stays, and counts in full once the relay restarts: its viewer has less credit until then.
        logger.error({ channel: channelId, err }, "the end of a transfer was not stored");
        emit({ type: "storageFailed" });
      });
  };

  return async (asked, manifest, selection) => {
    const session = sessionOf(context, asked, manifest.streamId);
    if (session instanceof Response) return session;
    const { part, total, resource, tag } = selection;
    const { leaf, entry } = resource;
    const { path, head, headers, stream, hangUp, receivedAt } = asked;
    const representation = {
      path,
      tag,
      hasParts: true,
      length: Number(leaf.size),
      cacheControl: "private",
      ...(part === undefined ? {} : { part }),
      ...(total === undefined ? {} : { total }),
    };
    const conditional = respondToConditions(headers, representation);
    if (conditional !== undefined) return conditional;
    const status = part === undefined ? 200 : 206;
    const answer = representationHeaders(representation);
    if (head) return respond(status, null, answer);

    const { channelId } = session;
    const { size } = leaf;
    const sign = async (): Promise<AnswerHeaders> => ({
      ...answer,
      [DELIVERY_HEADER]: await signDelivery(context, channelId, manifest.root, entry),
    });
    const emitServed = (bytes: number, seconds: number): void => {
      emit({ type: "segmentServed", stream: stream.config.path, free: false, bytes, size: Number(size), seconds });
    };
    const location = await accelerator.locate(asked, selection);
    if (location !== undefined) {
      // Nothing that could fail comes after the bytes are counted.
      const signed = await sign();
      const input = { type: "handOver", session: session.session, size, now: clock() } as const;
      assertAccepted((await channels.step(channelId, input)).effects);
      emitServed(Number(size), secondsSince(receivedAt));
      return respondFromDisk(location, signed);
    }

    const transfer = presence.nextTransfer();
    const { effects } = await channels.step(channelId, {
      type: "reserve",
      session: session.session,
      transfer,
      size,
      now: clock(),
    });
    assertAccepted(effects);
    let loan: Loan | undefined;
    try {
      const { bytes, release } = (loan = await readListed(context, stream, leaf));
      const signed = await sign();
      const seconds = secondsSince(receivedAt);
      const onEnd = (sent: number): void => {
        release();
        accountFor(channelId, transfer, sent);
        emitServed(sent, seconds);
      };
      return respond(status, meteredBody(bytes, { ...limits, hangUp, onEnd }), signed);
    } catch (error) {
      loan?.release();
      accountFor(channelId, transfer, 0);
      throw error;
    }
  };
}

function secondsSince(start: number): number {
  return (performance.now() - start) / 1_000;
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
