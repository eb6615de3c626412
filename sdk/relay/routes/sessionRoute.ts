import { randomBytes } from "node:crypto";
import {
  assertSigner,
  assertTerms,
  bytesToHex,
  hashMessage,
  isSameAddress,
  keccak256,
  WeirError,
} from "../../core/index.ts";
import type { Hex } from "../../core/index.ts";
import {
  encodeChallengeRequest,
  encodeSessionAnswer,
  formatPaymentReceipt,
  formatWwwAuthenticate,
  parseAuthorization,
  parseSessionRequest,
  PAYMENT_RECEIPT_HEADER,
} from "../../http/index.ts";
import type { Credential } from "../../http/index.ts";
import { channelId } from "../../core/index.ts";
import type { ServedStream } from "../media/servedStream.ts";
import type { RelayContext } from "../relayContext.ts";
import type { RelayHandler } from "../relayHandler.ts";
import { issueToken } from "../sessionToken.ts";
import { acknowledgementOf } from "./acknowledgement.ts";
import { readBody } from "./readBody.ts";
import { respondJson, respondProblem } from "./respond.ts";
import type { AnswerHeaders } from "./respond.ts";

/** Openings that may be under way: each costs the relay a look at the chain before it has seen any money. */
const MAX_OPENINGS = 64;

/** Answers `POST /weir/sessions` (H2, H3). */
export function sessionRoute(context: RelayContext): RelayHandler {
  let openings = 0;
  return async (request, info) => {
    const address = info?.address;
    const body = parseSessionRequest(await readBody(request, context.limits.maxBodyBytes));
    const stream = meteredStream(context, body.manifest);
    if (stream === undefined) throw new WeirError("not-found", "no metered stream has this manifest");
    const credential = parseAuthorization(request.headers.get("authorization") ?? body.authorization ?? "");
    if (credential === undefined) return respondChallenge(context, stream);
    if (openings >= MAX_OPENINGS) {
      context.emit({ type: "limitHit", limit: "openings" });
      throw new WeirError("too-many-requests", "too many sessions are being opened");
    }
    const retryAfter = context.addresses.admit(address);
    if (retryAfter > 0) {
      context.emit({ type: "limitHit", limit: "sessions" });
      context.emit({ type: "requestRefused", route: "session", code: "too-many-requests" });
      return respondProblem(new WeirError("too-many-requests", "too many sessions from this address"), { retryAfter });
    }
    openings++;
    try {
      return await openSession(context, stream, credential, address);
    } catch (error) {
      // A credential that was refused needs a new challenge: send it along and save the viewer a request.
      if (WeirError.is(error) && isChallengeCode(error.code)) {
        context.emit({ type: "requestRefused", route: "session", code: error.code });
        return respondProblem(error, { headers: challengeHeaders(context, stream) });
      }
      throw error;
    } finally {
      openings--;
    }
  };
}

/** The answer to a request that a session is missing for (H2). */
export function respondChallenge(
  context: RelayContext,
  stream: ServedStream,
  error: WeirError = new WeirError("token-missing"),
): Response {
  return respondProblem(error, { headers: challengeHeaders(context, stream) });
}

/** The stream whose manifest has this path, unless it is free or there is none. */
export function meteredStream({ streams }: RelayContext, manifest: string | null): ServedStream | undefined {
  return streams.find(({ config }) => config.path + config.manifest === manifest && !config.free);
}

/** A fresh challenge for a session of this stream, as a header (H2). */
export function challengeHeaders(context: RelayContext, stream: ServedStream): AnswerHeaders {
  return { "www-authenticate": formatWwwAuthenticate(context.challenges.issue(challengeRequest(context, stream))) };
}

function isChallengeCode(code: string): boolean {
  return code === "challenge-unknown" || code === "challenge-expired" || code === "challenge-used";
}

function challengeRequest({ terms }: RelayContext, { config }: ServedStream): string {
  const { pricePerGiB, token, chainId, paymentChannels, gracePeriod, payee } = terms;
  const manifest = config.path + config.manifest;
  return encodeChallengeRequest({ pricePerGiB, token, chainId, paymentChannels, gracePeriod, payee, manifest });
}

async function openSession(
  context: RelayContext,
  stream: ServedStream,
  credential: Credential,
  address: string | undefined,
): Promise<Response> {
  const { addresses, channels, challenges, chain, clock, deniedPayers, emit, limits, logger, tokenSecret } = context;
  const { channel, seed, receipt, fund } = credential.payload;
  challenges.verify(credential.challenge, challengeRequest(context, stream));
  assertOpen(context, credential);
  await deniedPayers.assertAllowed(channel.signer);
  const { manifest, largestResource } = await stream.catalogue();
  const view = await chain.view(channel);
  await challenges.use(credential.challenge);

  const session = bytesToHex(randomBytes(16));
  const step = await channels.open({
    channel,
    session,
    seed,
    largestResource,
    view,
    ...(receipt === undefined ? {} : { receipt }),
    ...(fund === undefined ? {} : { fund }),
  });
  const { acknowledged, covered, credit } = acknowledgementOf(step.effects);
  const id = step.state.id;
  const expires = clock() + limits.tokenSeconds;
  const token = issueToken(tokenSecret, { channelId: id, session, streamId: manifest.streamId, expires });
  addresses.opened(address, id, expires);
  logger.info({ channel: id, signer: channel.signer, stream: manifest.name }, "session opened");
  emit({ type: "sessionOpened", channel: id, stream: stream.config.path });
  return respondJson(201, encodeSessionAnswer({ session, token, expires, acknowledged, covered, credit }), {
    [PAYMENT_RECEIPT_HEADER]: formatPaymentReceipt({
      channelId: id,
      deliveredBytes: acknowledged.deliveredBytes,
      timestamp: clock(),
    }),
  });
}

/** Checks that the credential is for this relay, its terms and its chain, and that the session key signed it. */
function assertOpen({ deployment, terms, domain, secp256k1 }: RelayContext, credential: Credential): void {
  const { payload, source, challenge } = credential;
  const { channel, signature } = payload;
  if (source.chainId !== deployment.chainId) throw new WeirError("wrong-chain", "the credential is for another chain");
  assertTerms(channel);
  if (!isSameAddress(channel.payee, terms.payee)) throw foreignTerms("payee");
  if (channel.pricePerGiB !== terms.pricePerGiB) throw foreignTerms("price");
  if (channel.gracePeriod !== terms.gracePeriod) throw foreignTerms("grace period");
  const open = {
    channelId: channelId(channel),
    challenge: hashText(challenge.id),
    realmHash: hashText(terms.realm),
  };
  assertSigner(hashMessage(domain, "Open", open), signature, channel.signer, secp256k1);
}

function foreignTerms(what: string): WeirError {
  return new WeirError("malformed-message", `the channel has another ${what} than this relay`);
}

function hashText(text: string): Hex {
  return bytesToHex(keccak256(new TextEncoder().encode(text)));
}
