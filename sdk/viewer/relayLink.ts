import { owed } from "../core/amounts.ts";
import { bytesToHex } from "../core/hex.ts";
import type { WeirErrorCode } from "../core/errorCatalogue.ts";
import type { WeirError } from "../core/weirError.ts";
import { expectsAdmission, newViewerChannel, verifiedTotals } from "../exchange/index.ts";
import type { ViewerChannel } from "../exchange/index.ts";
import type { RelayTerms } from "../http/index.ts";
import { asWeirError } from "./asWeirError.ts";
import type { ChannelBook } from "./channelBook.ts";
import { checkStake } from "./checkTerms.ts";
import { withTimeout } from "./clock.ts";
import { driveChannel } from "./channelDriver.ts";
import type { ChannelDriver } from "./channelDriver.ts";
import type { RelayCandidate } from "./chooseRelay.ts";
import { relayMeter } from "./relayMeter.ts";
import type { RelayMeter } from "./relayMeter.ts";
import type { Answer, RelayWire } from "./relayWire.ts";
import type { ViewerEvents } from "./viewerEvents.ts";
import type { ViewerConfig } from "./viewerOptions.ts";

/** Transfers of one relay at a time; relays allow sixteen (T4). */
const MAX_TRANSFERS = 6;
const SETBACK_MS = 250;
const MAX_SETBACK_MS = 60_000;

/** Reasons for not getting a relay's terms that pass by themselves. */
const PASSING: ReadonlySet<WeirErrorCode> = new Set<WeirErrorCode>([
  "relay-unreachable",
  "too-many-requests",
  "storage-failed",
  "chain-unavailable",
  "internal",
]);

/** What a relay did for this viewer. */
export interface RelayStatus {
  readonly origin: string;
  /** `new` before its terms were accepted, `refused` if it served a wrong byte; otherwise the phase of its channel. */
  readonly phase: "new" | "refused" | ViewerChannel["phase"];
  /** Token base units; undefined before its terms were accepted. */
  readonly pricePerGiB: bigint | undefined;
  /** Bytes that were verified, that were not what the manifest says, and that came with aborted transfers. */
  readonly verifiedBytes: bigint;
  readonly refusedBytes: bigint;
  readonly abortedBytes: bigint;
  /** Its share of all verified bytes, from 0 to 1. */
  readonly share: number;
  /** Token base units owed for all that was verified on its channels, and the part of it that it acknowledged. */
  readonly spent: bigint;
  readonly acknowledged: bigint;
  /** Token base units that its channels may draw at most: the sum of the signed funding. */
  readonly funded: bigint;
  /** Bytes per second lately. */
  readonly throughput: number;
  /** Why it was last not used, if it was not. */
  readonly problem: WeirErrorCode | undefined;
}

/** Counts of one relay. */
export interface RelayCounts {
  verified: number;
  refused: number;
  aborted: number;
  /** Bytes of transfers under way. */
  underWay: number;
  transfers: number;
}

/** One relay as the viewer uses it: its terms, its channel, its speed, its standing. */
export interface RelayLink {
  readonly wire: RelayWire;
  readonly meter: RelayMeter;
  readonly counts: RelayCounts;
  /** The channel, once the relay's terms were accepted. */
  readonly driver: ChannelDriver | undefined;
  readonly terms: RelayTerms | undefined;
  /** Learns the terms, unless that is done, under way or to wait. */
  learn(): void;
  /** Opens a session, unless that is done, under way or to wait. */
  open(): void;
  /** How it would deliver so many bytes now; undefined if it cannot be asked now. */
  offer(size: number): RelayCandidate | undefined;
  /** Milliseconds until it can be asked, as far as is known; undefined if never. Zero: as soon as something changes. */
  readyIn(): number | undefined;
  /** It delivered. */
  succeeded(): void;
  /** It did not; it is left alone for a while, longer each time, or for as many seconds as it asks for. */
  failed(what: string, error: WeirError, retryAfter?: number): void;
  /** It served a wrong byte: it is not asked again for this title. */
  refuse(): void;
  /** Pays what is owed and ends the session. Resolves when that is done, or cannot be. */
  end(): Promise<void>;
  status(allVerified: number): RelayStatus;
}

/** What links share. */
export interface RelayLinkOptions {
  readonly config: ViewerConfig;
  readonly book: ChannelBook;
  readonly events: ViewerEvents;
  readonly lifetime: AbortSignal;
  /** Called when the relay's terms were accepted. */
  readonly onTerms: () => void;
  /** Called when something may have become possible. */
  readonly onChange: () => void;
}

/** A relay about which nothing is known yet. */
export function relayLink(wire: RelayWire, options: RelayLinkOptions): RelayLink {
  const { book, config, events, lifetime, onChange, onTerms } = options;
  const { clock, policy, timing } = config;
  const meter = relayMeter();
  const counts: RelayCounts = { verified: 0, refused: 0, aborted: 0, underWay: 0, transfers: 0 };
  const drivers: ChannelDriver[] = [];
  let terms: RelayTerms | undefined;
  let driver: ChannelDriver | undefined;
  let learning = false;
  let outdated = false;
  let refused = false;
  let ending = false;
  let setbacks = 0;
  let notBefore = 0;
  let problem: WeirErrorCode | undefined;
  let onLeft = (): void => undefined;

  const setBack = (milliseconds: number): void => {
    notBefore = Math.max(notBefore, clock.now() + milliseconds);
    onChange();
  };

  const retreat = (): void => {
    // Transfers that fail together are one failure.
    if (clock.now() < notBefore) return;
    setBack(Math.min(SETBACK_MS * 2 ** setbacks, MAX_SETBACK_MS));
    setbacks += 1;
  };

  const failed = (what: string, error: WeirError, retryAfter = 0): void => {
    problem = error.code;
    events.emit({ type: "failed", relay: wire.origin, what, error });
    retreat();
    setBack(Math.min(retryAfter * 1_000, MAX_SETBACK_MS));
  };

  async function fetchTerms(): Promise<void> {
    const answer = await acceptedTerms();
    learning = false;
    if (!answer.ok) {
      const { error } = answer.problem;
      failed("terms", error);
      // Terms that cannot be accepted are the operator's decision; asking every second does not change it.
      if (!PASSING.has(error.code)) setBack(policy.dropSeconds * 1_000);
      return;
    }
    outdated = false;
    const { payee, pricePerGiB, gracePeriod } = answer.value;
    const isSame = terms?.payee === payee && terms.pricePerGiB === pricePerGiB && terms.gracePeriod === gracePeriod;
    terms = answer.value;
    if (!isSame || driver?.state.phase === "over") driver = useChannel(terms);
    else driver?.apply({ type: "open" });
    onTerms();
  }

  /** Terms that the configuration allows, of a relay with enough at stake. */
  async function acceptedTerms(): Promise<Answer<RelayTerms>> {
    const answer = await wire.terms(config, lifetime);
    if (!answer.ok) return answer;
    try {
      await withTimeout(clock, timing.request, lifetime, async () => checkStake(answer.value, config));
      return answer;
    } catch (error) {
      lifetime.throwIfAborted();
      return { ok: false, problem: { error: asWeirError(error, "chain-unavailable"), status: 200 } };
    }
  }

  function useChannel(accepted: RelayTerms): ChannelDriver {
    const { payee, pricePerGiB, gracePeriod } = accepted;
    const nonce = new DataView(crypto.getRandomValues(new Uint8Array(8)).buffer).getBigUint64(0);
    const channel = { signer: config.signer.address, payee, pricePerGiB, gracePeriod, nonce };
    const fresh = (): ViewerChannel =>
      newViewerChannel(channel, bytesToHex(crypto.getRandomValues(new Uint8Array(32))));
    const opened = driveChannel(book.resume(wire.origin, accepted) ?? fresh(), {
      ...{ config, wire, terms: accepted, book, events, lifetime, onChange },
      onFailure(error) {
        problem = error.code;
      },
      onEffect(effect) {
        if (effect.type === "left") {
          if (opened.state.pending.length === 0) events.emit({ type: "ended", relay: wire.origin });
          onLeft();
          return;
        }
        outdated = true;
        events.emit({ type: "dropped", relay: wire.origin, code: effect.code });
        if (effect.type === "drop") return;
        retreat();
        book.retire(opened.state.id);
      },
    });
    drivers.push(opened);
    outdated = opened.state.phase === "dropped";
    return opened;
  }

  const sum = (amount: (channel: ViewerChannel) => bigint): bigint => {
    let total = 0n;
    for (const { state } of drivers) total += amount(state);
    return total;
  };

  return {
    wire,
    meter,
    counts,
    get driver() {
      return driver;
    },
    get terms() {
      return terms;
    },
    learn() {
      if (refused || ending || learning || clock.now() < notBefore) return;
      const state = driver?.state;
      const isDue = state?.phase === "over" || (state?.phase === "dropped" && state.retryAt * 1_000 <= clock.now());
      if (terms !== undefined && !(outdated && isDue)) return;
      learning = true;
      fetchTerms().catch(() => undefined); // It throws when the viewer ends, and then nobody asks any more.
    },
    open() {
      if (refused || ending || outdated || clock.now() < notBefore) return;
      if (driver?.state.phase === "idle") driver.apply({ type: "open" });
    },
    offer(size) {
      const now = clock.now();
      if (refused || ending || now < notBefore || counts.transfers >= MAX_TRANSFERS) return undefined;
      if (driver === undefined || !expectsAdmission(driver.state, BigInt(size))) return undefined;
      return {
        pricePerGiB: driver.state.channel.pricePerGiB,
        expectedMs: meter.expect(size + counts.underWay, now),
        usedMs: (counts.verified + counts.underWay) / meter.rate(now),
      };
    },
    readyIn() {
      if (refused || ending) return undefined;
      const { phase, retryAt = 0 } = driver?.state ?? {};
      const retryMs = phase === "dropped" || phase === "opening" ? retryAt * 1_000 : 0;
      return Math.max(0, notBefore - clock.now(), retryMs - clock.now());
    },
    succeeded() {
      setbacks = 0;
      problem = undefined;
    },
    failed,
    refuse() {
      refused = true;
      onChange();
    },
    async end() {
      ending = true;
      if (driver === undefined) return;
      const left = new Promise<void>((resolve) => {
        onLeft = resolve;
      });
      driver.apply({ type: "end" });
      await left;
      await book.save(driver.state.id);
    },
    status(allVerified) {
      const price = driver?.state.channel.pricePerGiB;
      return {
        origin: wire.origin,
        phase: refused ? "refused" : (driver?.state.phase ?? "new"),
        pricePerGiB: price,
        verifiedBytes: BigInt(counts.verified),
        refusedBytes: BigInt(counts.refused),
        abortedBytes: BigInt(counts.aborted),
        share: allVerified === 0 ? 0 : counts.verified / allVerified,
        spent: sum((state) => owed(verifiedTotals(state).deliveredBytes, state.channel.pricePerGiB)),
        acknowledged: sum((state) => owed(state.acknowledged.deliveredBytes, state.channel.pricePerGiB)),
        funded: sum((state) => state.fund?.total ?? 0n),
        throughput: meter.rate(clock.now()) * 1_000,
        problem: refused ? "content-mismatch" : (driver?.state.reason ?? problem),
      };
    },
  };
}
