import { WeirError } from "../../core/index.ts";
import { owed } from "../../core/index.ts";
import type { Hex } from "../../core/index.ts";
import type { ChainView } from "../../exchange/index.ts";
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
export type ReceiptContext = Pick<
  RelayContext,
  "addresses" | "chain" | "channels" | "clock" | "emit" | "limits" | "receiptRate" | "tokenSecret"
>;

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
 * @throws WeirError for a malformed post, a bad token or too many posts; Refusal for what the exchange refuses
 */
export async function acceptReceiptPost(context: ReceiptContext, body: Uint8Array): Promise<AcceptedPost> {
  const startedAt = performance.now();
  const { addresses, channels, clock, emit, limits, receiptRate, tokenSecret } = context;
  const post = parseReceiptPost(body, limits);
  const now = clock();
  const claims = readToken(tokenSecret, post.token, now);
  // Before anything is checked or stored: whoever posts the same again later has lost nothing.
  if (receiptRate.take(claims.channelId) > 0) {
    emit({ type: "limitHit", limit: "receipts" });
    throw new WeirError("too-many-requests", "the channel posts receipts too often");
  }
  await refreshForFund(context, claims.channelId, post);
  let before = 0n;
  const { state, effects } = await channels.step(claims.channelId, (known) => {
    before = known.acknowledged.deliveredBytes;
    return {
      type: "post",
      session: claims.session,
      now,
      ...(post.step === undefined ? {} : { step: post.step }),
      ...(post.fund === undefined ? {} : { fund: post.fund }),
      ...(post.end === undefined ? {} : { end: post.end }),
    };
  });
  const { acknowledged, covered, credit } = acknowledgementOf(effects);
  const { pricePerGiB } = state.channel;
  emit({
    type: "receiptTaken",
    channel: state.id,
    bytes: acknowledged.deliveredBytes - before,
    value: owed(acknowledged.deliveredBytes, pricePerGiB) - owed(before, pricePerGiB),
    seconds: (performance.now() - startedAt) / 1_000,
  });
  const expires = now + limits.tokenSeconds;
  if (post.end === true) addresses.ended(claims.channelId);
  else addresses.extended(claims.channelId, expires);
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
  const { total, validUntil } = state.fund ?? { total: state.chain.deposit, validUntil: Infinity };
  if (fund.total < total || (fund.total === total && fund.validUntil <= validUntil)) return;
  let view: ChainView;
  try {
    view = await chain.view(state.channel);
  } catch (error) {
    // A chain that is away keeps nobody from paying: the funding is judged by what was known last.
    if (WeirError.is(error, "chain-unavailable")) return;
    throw error;
  }
  await channels.step(id, { type: "chain", view, now: clock() });
}
