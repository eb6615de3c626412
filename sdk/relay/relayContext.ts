import type { KeyObject } from "node:crypto";
import type { Address, Deployment, Hex, Secp256k1, SessionSigner } from "../core/index.ts";
import type { RelayTerms } from "../http/index.ts";
import type { RelayChain } from "./chain/relayChain.ts";
import type { Challenges } from "./challenges.ts";
import type { Channels } from "./channels.ts";
import type { Clock } from "./clock.ts";
import type { Logger } from "./logger.ts";
import type { FreeAllowance } from "./media/freeAllowance.ts";
import type { ServedStream } from "./media/servedStream.ts";
import type { VerifiedCache } from "./media/verifiedCache.ts";
import type { Presence } from "./presence.ts";
import type { RelayLimitOptions } from "./relayOptions.ts";

/** A running relay, as its routes see it. */
export interface RelayContext {
  readonly deployment: Deployment;
  readonly payee: Address;
  readonly agent: SessionSigner;
  readonly terms: RelayTerms;
  /** The domain separator of PaymentChannels. */
  readonly domain: Hex;
  readonly secp256k1: Secp256k1;
  /** Authenticates session tokens. */
  readonly tokenSecret: KeyObject;
  readonly channels: Channels;
  readonly challenges: Challenges;
  readonly chain: RelayChain;
  readonly streams: readonly ServedStream[];
  readonly cache: VerifiedCache;
  readonly allowance: FreeAllowance;
  readonly presence: Presence;
  readonly limits: Required<RelayLimitOptions>;
  readonly clock: Clock;
  readonly logger: Logger;
}
