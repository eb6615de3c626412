import { assertSigner, channelId, hashMessage, isSameAddress, WeirError } from "../../core/index.ts";
import { encodeClosingAnswer, parseClosingPost } from "../../http/index.ts";
import type { RelayContext } from "../relayContext.ts";
import type { RelayHandler } from "../relayHandler.ts";
import { assertAccepted } from "./acknowledgement.ts";
import { readBody } from "./readBody.ts";
import { respondJson } from "./respond.ts";

/**
 * Answers `POST /weir/closings` (H10): lets a payer close a channel at once, for everything that it verified. The relay loses
 * nothing by it: the escrow closes only when that much is settled, and by then nothing more was served.
 */
export function closingRoute(context: RelayContext): RelayHandler {
  const { agent, channels, clock, domain, emit, limits, logger, payee, receiptRate, secp256k1 } = context;
  return async (request) => {
    const { channel, minSettledBytes, signature } = parseClosingPost(await readBody(request, limits.maxBodyBytes));
    if (!isSameAddress(channel.payee, payee)) throw new WeirError("channel-unknown", "the channel pays somebody else");
    const id = channelId(channel);
    if (receiptRate.take(id) > 0) {
      emit({ type: "limitHit", limit: "receipts" });
      throw new WeirError("too-many-requests", "the channel asks too often");
    }
    const digest = hashMessage(domain, "Close", { channelId: id, minSettledBytes });
    assertSigner(digest, signature, channel.signer, secp256k1);
    const { effects } = await channels.step(id, { type: "release", bytes: minSettledBytes, now: clock() });
    assertAccepted(effects);
    logger.info({ channel: id, bytes: minSettledBytes.toString() }, "the payer may close its channel");
    return respondJson(200, encodeClosingAnswer({ signature: await agent.signDigest(digest) }));
  };
}
