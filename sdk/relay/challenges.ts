import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { WeirError } from "../core/index.ts";
import { challengeIdInput } from "../http/index.ts";
import type { Challenge } from "../http/index.ts";
import { formatTimestamp, parseTimestamp } from "../http/timestamp.ts";
import type { Clock } from "./clock.ts";
import type { RelayStore } from "./store/relayStore.ts";

/** Issues challenges without remembering them, and takes each at most once (H2). */
export interface Challenges {
  /** A fresh challenge. @param request from `encodeChallengeRequest` */
  readonly issue: (request: string) => Challenge;
  /**
   * Checks that a challenge is one of this relay's, is for `request` and still holds. Remembers nothing.
   *
   * @throws WeirError `challenge-unknown`, `challenge-expired`, or `malformed-message` if it is for something else
   */
  readonly verify: (challenge: Challenge, request: string) => void;
  /** Takes a verified challenge for good. @throws WeirError `challenge-used` */
  readonly use: (challenge: Challenge) => Promise<void>;
}

/** What challenges need from their relay. */
export interface ChallengesContext {
  readonly secret: Uint8Array;
  readonly realm: string;
  /** Lifetime in seconds. */
  readonly seconds: number;
  readonly store: RelayStore;
  readonly clock: Clock;
}

/** The challenges of a relay. */
export function openChallenges({ secret, realm, seconds, store, clock }: ChallengesContext): Challenges {
  const idOf = (challenge: Omit<Challenge, "id">): string =>
    createHmac("sha256", secret).update(challengeIdInput(challenge)).digest("base64url");
  return {
    issue(request) {
      const challenge = {
        realm,
        method: "weir",
        intent: "session",
        request,
        expires: formatTimestamp(clock() + seconds),
        // Without it, two viewers who ask in the same second would get one challenge, good for one of them.
        opaque: randomBytes(16).toString("base64url"),
      } as const;
      return { id: idOf(challenge), ...challenge };
    },
    verify(challenge, request) {
      const expected = Buffer.from(idOf(challenge));
      const actual = Buffer.from(challenge.id);
      if (expected.length !== actual.length || !timingSafeEqual(expected, actual)) {
        throw new WeirError("challenge-unknown");
      }
      if (parseTimestamp(challenge.expires, "expires") < clock()) throw new WeirError("challenge-expired");
      if (challenge.request !== request) {
        throw new WeirError("malformed-message", "the challenge is for another stream or other terms");
      }
    },
    async use(challenge) {
      const expires = parseTimestamp(challenge.expires, "expires");
      if (!(await store.useChallenge(challenge.id, expires, clock()))) throw new WeirError("challenge-used");
    },
  };
}
