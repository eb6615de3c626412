import { MAX_GRACE_PERIOD } from "../core/channel.ts";
import type { Deployment } from "../core/deployment.ts";
import { assertAddress, assertUint } from "../core/hex.ts";
import type { Address } from "../core/hex.ts";
import { canonicalPath } from "../core/path.ts";
import { relayOrigin } from "../core/relayOrigin.ts";
import type { SessionSigner } from "../core/signature.ts";
import { WeirError } from "../core/weirError.ts";
import { defaultViewerPolicy } from "../exchange/index.ts";
import type { ViewerPolicy } from "../exchange/index.ts";
import { systemClock } from "./clock.ts";
import type { Clock } from "./clock.ts";
import type { FundingLedger } from "./fundingLedger.ts";
import type { Fetch } from "./relayWire.ts";
import type { DeliveryWitness } from "./testimony.ts";
import type { ViewerChain } from "./viewerChain.ts";
import { memoryStore } from "./viewerStore.ts";
import type { ViewerStore } from "./viewerStore.ts";

/** What a viewer plays, from whom, and what it may cost. Everything here is the viewer's own word; no server changes it. */
export interface ViewerOptions {
  readonly deployment: Deployment;
  /** The session key, for example `privateKeySigner(key)`. It signs without asking anybody. */
  readonly signer: SessionSigner;
  /** Who must have signed the manifest. */
  readonly publisher: Address;
  /** The publisher's name for the stream. */
  readonly name: string;
  /** Where the manifest lies on every relay: a path such as `/documentary/weir.json`, or a URL whose path that is. */
  readonly manifest: string;
  /** Origins of relays, such as `https://relay.example`. Plain HTTP on loopback only. */
  readonly relays: readonly string[];
  /** Token base units per GiB. */
  readonly maxPricePerGiB: bigint;
  /**
   * Token base units that the signed funding of all channels of this key in this store may add up to: the most that can be
   * lost.
   */
  readonly budget: bigint;
  /** Longest grace period to accept, in seconds; 30 days if left out. */
  readonly maxGracePeriod?: number;
  /**
   * Token base units that a relay must have at stake of its own, as an active operator, when its terms are taken: what it can
   * lose for signing what is not so. Needs `chain`, for the relay's word is worth nothing here. None if left out.
   */
  readonly minStake?: bigint;
  /**
   * See `viewerChain`. With it, channels that the chain says are closed free what they held of the budget; without, only a
   * larger budget or another key goes on when relays have closed enough of them.
   */
  readonly chain?: ViewerChain;
  /** Where channels survive a reload; memory if left out. */
  readonly store?: ViewerStore;
  /** Shares a budget with other viewers, beside `budget`; `openSession` of `weir/viewer/wallet` gives one. */
  readonly ledger?: FundingLedger;
  readonly fetch?: Fetch;
  readonly clock?: Clock;
  readonly policy?: Partial<ViewerPolicy>;
  readonly timing?: Partial<ViewerTiming>;
  /** Hears what relays sign, and may report what they should not have; see `createReporter` of `weir/viewer/reporter`. */
  readonly reporter?: DeliveryWitness;
}

/** How long a viewer waits for what, in milliseconds. */
export interface ViewerTiming {
  /** For terms, sessions, receipts and the manifest. */
  readonly request: number;
  /** A resource is wanted within this time; a late one is asked for elsewhere while there still is time. */
  readonly patience: number;
  /** A transfer of which nothing arrives for so long is given up. */
  readonly stall: number;
  /** A resource that no relay delivered in this time is given up. */
  readonly giveUp: number;
  /** For the last receipts, when the viewer is closed. */
  readonly close: number;
}

const DEFAULT_TIMING: ViewerTiming = {
  request: 10_000,
  patience: 4_000,
  stall: 10_000,
  giveUp: 30_000,
  close: 5_000,
};

/** Options that were checked, with defaults in the place of what was left out. */
export interface ViewerConfig extends Omit<
  Required<ViewerOptions>,
  "chain" | "ledger" | "policy" | "reporter" | "timing"
> {
  readonly chain: ViewerChain | undefined;
  readonly ledger: FundingLedger | undefined;
  readonly reporter: DeliveryWitness | undefined;
  readonly policy: ViewerPolicy;
  readonly timing: ViewerTiming;
  /** Path of the manifest on every relay. */
  readonly manifest: string;
  /** Path of its directory, with the slash. */
  readonly directory: string;
  /** URLs of the manifest against which a player's URLs are resolved, the given one first. */
  readonly manifestUrls: readonly string[];
}

/** @throws WeirError `malformed-message` naming the option */
export function readOptions(options: ViewerOptions): ViewerConfig {
  const { publisher, name, maxPricePerGiB, budget, maxGracePeriod = MAX_GRACE_PERIOD, policy, timing } = options;
  const { chain, minStake = 0n } = options;
  assertAddress(publisher, "publisher");
  assertUint(maxPricePerGiB, 96, "maxPricePerGiB");
  assertUint(budget, 96, "budget");
  assertUint(minStake, 96, "minStake");
  if (minStake > 0n && chain === undefined) throw malformed("minStake needs a chain: see viewerChain");
  const relays = [...new Set(options.relays.map(originOf))];
  const [first] = relays;
  if (first === undefined) throw malformed("relays is empty");
  if (!URL.canParse(options.manifest, first)) throw malformed("manifest is neither a path nor a URL");
  const given = new URL(options.manifest, first);
  const manifest = given.pathname;
  const directory = manifest.slice(0, manifest.lastIndexOf("/") + 1);
  if (manifest === directory) throw malformed("manifest names a directory");
  return {
    deployment: options.deployment,
    signer: options.signer,
    publisher,
    name,
    manifest,
    directory,
    manifestUrls: [...new Set([given.origin, ...relays])].map((origin) => origin + manifest),
    relays,
    maxPricePerGiB,
    budget,
    maxGracePeriod,
    minStake,
    chain,
    reporter: options.reporter,
    ledger: options.ledger,
    store: options.store ?? memoryStore(),
    // A browser's fetch insists on being called as a method of the window.
    fetch: options.fetch ?? (async (url, init) => fetch(url, init)),
    clock: options.clock ?? systemClock,
    policy: { ...defaultViewerPolicy, ...policy },
    timing: { ...DEFAULT_TIMING, ...timing },
  };
}

/**
 * The canonical path of what a player asks for: a URL of the stream on any relay or at its publisher, or a reference
 * relative to the manifest.
 *
 * @throws WeirError `path-not-canonical` for anything outside the stream
 */
export function resolveReference({ manifestUrls }: ViewerConfig, reference: string): string {
  const [base = ""] = manifestUrls;
  const absolute = URL.canParse(reference, base) ? new URL(reference, base) : undefined;
  const home = manifestUrls.find((url) => absolute?.origin === new URL(url).origin);
  return canonicalPath(reference, home ?? base);
}

function originOf(relay: string): string {
  const origin = relayOrigin(relay);
  if (origin === undefined) {
    throw malformed(`the relay ${JSON.stringify(relay)} is not an https origin; plain http is for loopback only`);
  }
  return origin;
}

function malformed(message: string): WeirError {
  return new WeirError("malformed-message", message);
}
