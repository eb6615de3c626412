import { WeirError } from "../../core/index.ts";
import type { Hex } from "../../core/index.ts";
import type { RelayContext } from "../relayContext.ts";
import { readToken } from "../sessionToken.ts";
import type { SessionClaims } from "../sessionToken.ts";
import type { MediaRequest } from "./mediaRequest.ts";
import { respondChallenge } from "./sessionRoute.ts";

/**
 * The session of a request, or the challenge that answers a request without a valid one (H2). Whether the session is
 * still the channel's own is for the exchange to say.
 *
 * @throws WeirError `token-foreign` for a session of another stream
 */
export function sessionOf(
  context: RelayContext,
  { token, stream }: MediaRequest,
  streamId: Hex,
): SessionClaims | Response {
  if (token === null || token === "") return respondChallenge(context, stream);
  let claims: SessionClaims;
  try {
    claims = readToken(context.tokenSecret, token, context.clock());
  } catch (error) {
    if (!WeirError.is(error)) throw error;
    return respondChallenge(context, stream, error);
  }
  if (claims.streamId !== streamId) throw new WeirError("token-foreign");
  return claims;
}
