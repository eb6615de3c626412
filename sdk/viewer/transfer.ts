import { paymentChannelsDomain } from "../core/deployment.ts";
import type { WeirErrorCode } from "../core/errorCatalogue.ts";
import { domainSeparator } from "../core/domain.ts";
import { bytesToHex } from "../core/hex.ts";
import { leafEntry } from "../core/manifest.ts";
import type { Manifest, ManifestLeaf } from "../core/manifest.ts";
import { resourceName } from "../core/path.ts";
import type { SignedDelivery } from "../core/signedDelivery.ts";
import { WeirError } from "../core/weirError.ts";
import { mayAbort } from "../exchange/index.ts";
import { DELIVERY_HEADER } from "../http/index.ts";
import type { Problem } from "../http/index.ts";
import { asWeirError } from "./asWeirError.ts";
import type { ChannelDriver } from "./channelDriver.ts";
import { readBody } from "./readBody.ts";
import type { RelayLink } from "./relayLink.ts";
import type { StreamManifest } from "./streamManifest.ts";
import { isSameContent, recoverTestimony } from "./testimony.ts";
import type { Content } from "./testimony.ts";
import type { ViewerEvents } from "./viewerEvents.ts";
import type { ViewerConfig } from "./viewerOptions.ts";

/** How much more than twice its size is read of a resource that is too long, for a reporter. */
const EXCESS_BYTES = 65_536;

/** A resource as it was asked for: from this manifest, these bytes. */
export interface WantedResource {
  readonly leaf: ManifestLeaf;
  readonly manifest: Manifest;
}

/** Verified bytes, and the type the relay says they have. */
export interface VerifiedResource {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly contentType: string | null;
}

/** One download of one resource from one relay. */
export interface Transfer {
  readonly link: RelayLink;
  readonly startedAt: number;
  /** Rejects with a WeirError; the relay has been dealt with by then. */
  readonly result: Promise<VerifiedResource>;
  /** Bytes that arrived, verified or not. */
  received(): number;
  /** Milliseconds until it should be complete, judged by its own pace; undefined before its first byte. */
  remainingMs(): number | undefined;
  /** Nobody waits for it any more. It ends now, unless finishing is cheaper for both sides. */
  release(): void;
}

/** What transfers share. */
export interface TransferOptions {
  readonly config: ViewerConfig;
  readonly events: ViewerEvents;
  readonly lifetime: AbortSignal;
  /** Manifests that were in use lately. */
  readonly recent: () => readonly StreamManifest[];
}

/**
 * Begins to download a resource from a relay with an open session. Nothing is added to the channel before the whole body
 * has the size and hash that the manifest states (X9).
 *
 * @param onProgress called when more of it arrived
 */
export function beginTransfer(
  link: RelayLink,
  wanted: WantedResource,
  options: TransferOptions,
  onProgress: () => void,
): Transfer {
  const { config, events, lifetime, recent } = options;
  const { clock, timing } = config;
  const { leaf } = wanted;
  const { counts, driver, meter, wire } = link;
  if (driver === undefined) throw new WeirError("internal", "a transfer needs an open session");
  const name = resourceName(leaf.path, leaf.range);
  const size = Number(leaf.size);
  // A body that is too long proves something only as a whole.
  const readLimit = config.reporter === undefined ? size : 2 * size + EXCESS_BYTES;
  const startedAt = clock.now();
  const controller = new AbortController();
  const signal = AbortSignal.any([controller.signal, lifetime]);
  let received = 0;
  let firstByteAt: number | undefined;
  let released = false;
  /** Whether the channel has heard how it ended. */
  let settled = false;

  function onBytes(count: number): void {
    const now = clock.now();
    if (firstByteAt === undefined) {
      firstByteAt = now;
      meter.latency(now - startedAt, true);
      meter.begin(now);
    }
    meter.bytes(count, now);
    received += count;
    counts.underWay -= count;
    // Nobody waits any more for one that was released.
    if (!released) onProgress();
  }

  /** Ends a transfer that stands still. */
  async function watch(): Promise<void> {
    for (let seen = -1; seen !== received;) {
      seen = received;
      await clock.wait(timing.stall, signal);
    }
    controller.abort(new WeirError("relay-unreachable", `nothing arrived for ${timing.stall} ms`));
  }

  async function run(channel: ChannelDriver): Promise<VerifiedResource> {
    channel.apply({ type: "requested", size: leaf.size });
    counts.transfers += 1;
    counts.underWay += size;
    watch().catch(() => undefined); // It ends with the transfer.
    try {
      const answer = await wire.resource(config.directory, name, channel.token, signal);
      if (!answer.ok) throw refused(channel, answer.problem);
      const body = await readBody(answer.value, readLimit, signal, onBytes).catch((error: unknown) => {
        throw WeirError.is(error, "oversized-message") ? corrupt(channel) : error;
      });
      return await verify(channel, body, answer.value.headers);
    } catch (error) {
      throw settled ? error : broken(channel, error);
    } finally {
      const now = clock.now();
      counts.transfers -= 1;
      counts.underWay -= size - received;
      if (firstByteAt === undefined) meter.latency(now - startedAt, false);
      else meter.end(now);
      controller.abort();
    }
  }

  async function verify(
    channel: ChannelDriver,
    body: Uint8Array<ArrayBuffer>,
    headers: Headers,
  ): Promise<VerifiedResource> {
    const contentHash = bytesToHex(new Uint8Array(await crypto.subtle.digest("SHA-256", body)));
    const content = { contentHash, size: BigInt(body.length) };
    const isListed = isSameContent(content, leaf);
    const proof = testify(channel, content, isListed, headers.get(DELIVERY_HEADER));
    if (!isListed) throw corrupt(channel, proof);
    settled = true;
    counts.verified += size;
    link.succeeded();
    channel.apply({ type: "verified", entry: leafEntry(leaf) });
    events.emit({ type: "verified", relay: wire.origin, name, bytes: size, milliseconds: clock.now() - startedAt });
    return { bytes: body, contentType: headers.get("content-type") };
  }

  /** The relay says no. */
  function refused(channel: ChannelDriver, { error, retryAfter, status }: Problem): WeirError {
    // Below HTTP there is no refusal: the relay may have sent something before the connection broke.
    if (status === 0) return error;
    settled = true;
    channel.apply({ type: "requestRefused", size: leaf.size, code: error.code });
    if (!RESOURCE_REFUSALS.has(error.code)) link.failed(name, error, retryAfter);
    return error;
  }

  /** Other bytes than the manifest's, or more, or fewer. */
  function corrupt(channel: ChannelDriver, proof?: SignedDelivery): WeirError {
    settled = true;
    counts.refused += received;
    events.emit({ type: "corrupt", relay: wire.origin, name, bytes: received, ...(proof && { proof }) });
    link.refuse();
    channel.apply({ type: "corrupt" });
    return new WeirError("content-mismatch", undefined, { details: `${name} from ${wire.origin}` });
  }

  /** It ended before its end. */
  function broken(channel: ChannelDriver, error: unknown): WeirError {
    counts.aborted += received;
    channel.apply({ type: "aborted", size: leaf.size, received: BigInt(received) });
    const typed = asWeirError(error, "relay-unreachable");
    // A transfer that the viewer itself gave up says nothing against the relay.
    if (!released && !lifetime.aborted) link.failed(name, typed);
    return typed;
  }

  /** Tells the reporter what the relay signed. @returns the relay's own signature under something else than is listed */
  function testify(
    channel: ChannelDriver,
    received: Content,
    isListed: boolean,
    signature: string | null,
  ): SignedDelivery | undefined {
    const { reporter } = config;
    // With the right bytes nobody asks what was signed, unless somebody collects it.
    if (link.terms === undefined || (isListed && reporter === undefined)) return undefined;
    const others = recent().filter(({ manifest }) => manifest.root !== wanted.manifest.root);
    const testimony = recoverTestimony(
      {
        domain: domainSeparator(paymentChannelsDomain(config.deployment)),
        channelId: channel.state.id,
        received,
        signature,
        agent: link.terms.agent,
      },
      [
        { manifest: wanted.manifest, listed: leafEntry(leaf) },
        ...others.flatMap(({ manifest, leaves }) => {
          const listed = leaves.get(name);
          return listed === undefined ? [] : [{ manifest, listed: leafEntry(listed) }];
        }),
      ],
    );
    const { byAgent, deliveries, manifest } = testimony;
    if (deliveries.length > 0) reporter?.note({ relay: wire.origin, ...testimony });
    return byAgent && manifest !== undefined ? deliveries[0] : undefined;
  }

  return {
    link,
    startedAt,
    result: run(driver),
    received: () => received,
    remainingMs() {
      if (firstByteAt === undefined || received === 0) return undefined;
      if (received > size) return Infinity;
      return ((size - received) * (clock.now() - firstByteAt)) / received;
    },
    release() {
      released = true;
      if (mayAbort(driver.state) && 2 * received < size)
        controller.abort(new WeirError("relay-unreachable", "too late"));
    },
  };
}

/** Refusals that are about the resource, not about the relay. */
export const RESOURCE_REFUSALS: ReadonlySet<WeirErrorCode> = new Set<WeirErrorCode>([
  "path-not-listed",
  "not-found",
  "range-not-satisfiable",
]);
