import { WeirError } from "../../core/index.ts";
import type { Hex } from "../../core/index.ts";
import {
  encodeReceiptAnswer,
  formatPaymentReceipt,
  parseReceiptPost,
  PAYMENT_RECEIPT_HEADER,
} from "../../http/index.ts";
import type { ReceiptPost } from "../../http/index.ts";
import type { RelayContext } from "../relayContext.ts";
import { issueToken, readToken } from "../sessionToken.ts";
import { acknowledgementOf } from "./acknowledgement.ts";
import { readBody } from "./readBody.ts";
import { respondJson } from "./respond.ts";

/** What taking a receipt needs of its relay. */
export type ReceiptContext = Pick<RelayContext, "chain" | "channels" | "clock" | "limits" | "tokenSecret">;

/** An accepted post: what to answer. Everything in it is on disk. */
export interface AcceptedPost {
  readonly channelId: Hex;
  readonly deliveredBytes: bigint;
  /** The body of the answer. */
  readonly json: string;
}

/** Answers `POST /weir/receipts` (H6). */
export function receiptRoute(context: RelayContext): (request: Request) => Promise<Response> {
  const { clock, limits } = context;
  return async (request) => {
    const body = await readBody(request, limits.maxBodyBytes);
    const { channelId, deliveredBytes, json } = await acceptReceiptPost(context, body);
    return respondJson(200, json, {
      [PAYMENT_RECEIPT_HEADER]: formatPaymentReceipt({ channelId, deliveredBytes, timestamp: clock() }),
    });
  };
}

/**
 * Takes a receipt post: decodes it, checks its token, accounts for it through the exchange and stores it.
 *
 * @param body as it came
 * @throws WeirError for a malformed post or a bad token; Refusal for what the exchange refuses
 */
export async function acceptReceiptPost(context: ReceiptContext, body: Uint8Array): Promise<AcceptedPost> {
  const { channels, clock, limits, tokenSecret } = context;
  const post = parseReceiptPost(body, limits);
  const now = clock();
  const claims = readToken(tokenSecret, post.token, now);
  await refreshForFund(context, claims.channelId, post);
  const { effects } = await channels.step(claims.channelId, {
    type: "post",
    session: claims.session,
    now,
    ...(post.step === undefined ? {} : { step: post.step }),
    ...(post.fund === undefined ? {} : { fund: post.fund }),
    ...(post.end === undefined ? {} : { end: post.end }),
  });
  const { acknowledged, covered, credit } = acknowledgementOf(effects);
  const expires = now + limits.tokenSeconds;
  const token = issueToken(tokenSecret, { ...claims, expires });
  return {
    channelId: claims.channelId,
    deliveredBytes: acknowledged.deliveredBytes,
    json: encodeReceiptAnswer({ acknowledged, covered, credit, token, expires }),
  };
}

/** A funding is worth what the account holds now, not what it held when the session opened. */
async function refreshForFund(
  { channels, chain, clock }: ReceiptContext,
  id: Hex,
  { fund }: ReceiptPost,
): Promise<void> {
  if (fund === undefined) return;
  const state = await channels.read(id);
  if (state === undefined) throw new WeirError("channel-unknown");
  if (fund.total <= (state.fund?.total ?? state.chain.deposit)) return;
  const view = await chain.view(state.channel);
  await channels.step(id, { type: "chain", view, now: clock() });
}
