import type { KeyObject } from "node:crypto";
import type { Address, Deployment, Hex, Secp256k1, SessionSigner } from "../core/index.ts";
import type { RelayOffers, RelayTerms } from "../http/index.ts";
import type { Accelerator } from "./accel/accelerator.ts";
import type { AddressLimits } from "./addressLimits.ts";
import type { DepositCarrier } from "./chain/depositCarrier.ts";
import type { RelayChain } from "./chain/relayChain.ts";
import type { Challenges } from "./challenges.ts";
import type { Channels } from "./channels.ts";
import type { Clock } from "./clock.ts";
import type { DeniedPayers } from "./deniedPayers.ts";
import type { Logger } from "./logger.ts";
import type { FreeAllowance } from "./media/freeAllowance.ts";
import type { PlaylistCache } from "./media/playlistCache.ts";
import type { ServedStream } from "./media/servedStream.ts";
import type { VerifiedCache } from "./media/verifiedCache.ts";
import type { Presence } from "./presence.ts";
import type { RelayListener } from "./relayEvents.ts";
import type { RelayDepositOptions, RelayLimitOptions } from "./relayOptions.ts";
import type { TokenBuckets } from "./tokenBuckets.ts";

/** A running relay, as its routes see it. */
export interface RelayContext {
  readonly deployment: Deployment;
  readonly payee: Address;
  readonly agent: SessionSigner;
  readonly terms: RelayTerms;
  readonly offers: RelayOffers;
  /** Sends deposits for wallets without gas; absent unless the relay was told to. */
  readonly deposits: { readonly carrier: DepositCarrier; readonly limits: Required<RelayDepositOptions> } | undefined;
  /** The domain separator of PaymentChannels. */
  readonly domain: Hex;
  readonly secp256k1: Secp256k1;
  /** Authenticates session tokens. */
  readonly tokenSecret: KeyObject;
  readonly channels: Channels;
  readonly challenges: Challenges;
  readonly deniedPayers: DeniedPayers;
  readonly chain: RelayChain;
  readonly streams: readonly ServedStream[];
  readonly cache: VerifiedCache;
  readonly playlists: PlaylistCache;
  readonly accelerator: Accelerator;
  readonly allowance: FreeAllowance;
  readonly presence: Presence;
  readonly addresses: AddressLimits;
  /** How often each channel may post receipts. */
  readonly receiptRate: TokenBuckets;
  readonly limits: Required<RelayLimitOptions>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Tells whoever listens what happened; never throws. */
  readonly emit: RelayListener;
}
