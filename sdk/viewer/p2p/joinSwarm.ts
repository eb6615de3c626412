import type Hls from "hls.js";
import type { HlsJsP2PEngine } from "p2p-media-loader-hlsjs";
import { asWeirError } from "../asWeirError.ts";
import type { Viewer } from "../createViewer.ts";
import { listeners } from "../listeners.ts";
import { bufferedMs } from "../player/bufferedMs.ts";
import { closePeer } from "./closePeer.ts";
import { engineView } from "./engineView.ts";
import { relaySegments } from "./relaySegments.ts";
import { segmentCheck } from "./segmentCheck.ts";
import type { StopReason } from "./segmentCheck.ts";
import { sharedLoaders } from "./sharedLoaders.ts";
import type { HlsLoaders } from "./sharedLoaders.ts";
import type { SwarmEvent, SwarmListener } from "./swarmEvents.ts";
import { swarmLedger } from "./swarmLedger.ts";
import { engineConfig } from "./swarmOptions.ts";
import type { SwarmOptions } from "./swarmOptions.ts";

/** `HlsJsP2PEngine` of p2p-media-loader-hlsjs. */
export type SwarmEngine = new (
  config: ConstructorParameters<typeof HlsJsP2PEngine>[0],
) => Pick<HlsJsP2PEngine, "addEventListener" | "applyDynamicConfig" | "bindHls" | "destroy" | "getConfigForHlsJs">;

/** What a swarm asks of a viewer. */
export type SharedViewer = Pick<Viewer, "fetch" | "listed" | "streamId">;

/** Where a swarm stands, by this viewer's own count. */
export interface SwarmStatus {
  /** Whether segments are swapped with peers. */
  readonly active: boolean;
  /** Peers that are connected. */
  readonly peers: number;
  /** Peers that were dropped because of what they sent. */
  readonly dropped: number;
  /** Bytes given to the player that came from peers, and that came from relays. Together they are what was played. */
  readonly peerBytes: bigint;
  readonly relayBytes: bigint;
  /** The peers' part of what was played, from 0 to 1. */
  readonly offload: number;
  /** Bytes from peers that were not what the manifest lists. */
  readonly refusedBytes: bigint;
  /** Bytes sent to peers. */
  readonly uploadedBytes: bigint;
}

/** The viewers of a stream that swap segments, as one of them sees them. */
export interface Swarm {
  /**
   * The configuration with which hls.js asks peers first.
   *
   * @param own how the viewer loads: `hlsConfig(viewer)` of `weir/viewer/hls`
   */
  hlsConfig(own: HlsLoaders): HlsLoaders;
  /** Tells the swarm what plays. Without it, everything comes from relays. */
  attach(hls: Hls): void;
  /** Starts or ends swapping, for a switch in the page. A swarm begins active. */
  setActive(active: boolean): void;
  /** @returns a function that ends it */
  on(listener: SwarmListener): () => void;
  status(): SwarmStatus;
  /** Ends all connections for good. hls.js does that by itself when it is destroyed; the viewer is left open. */
  leave(): void;
}

/**
 * Lets viewers of the same stream swap segments over WebRTC. What comes from a peer is checked against the publisher's manifest
 * before it is played or passed on, and costs nothing. What comes from a relay comes whole, verified and paid by `viewer`.
 *
 * Peers see each other's IP addresses, and trackers that of everybody: ask first. See `docs/p2p.md`.
 *
 * @param Engine `HlsJsP2PEngine` of p2p-media-loader-hlsjs 2.3
 * @throws WeirError `malformed-message` naming the option that is wrong
 * @example
 * const swarm = joinSwarm(viewer, HlsJsP2PEngine, { trackers: ["wss://tracker.example"], rtcConfig: { iceServers: [] } });
 * const hls = new Hls(swarm.hlsConfig(hlsConfig(viewer, { media: video })));
 * swarm.attach(hls);
 */
export function joinSwarm(viewer: SharedViewer, Engine: SwarmEngine, options: SwarmOptions): Swarm {
  const events = listeners<SwarmEvent>();
  const ledger = swarmLedger();
  const connected = new Set<string>();
  const dropped = new Set<string>();
  let player: Hls | undefined;
  let active = true;
  let hasLeft = false;

  const relays = relaySegments(viewer, () => bufferedMs(player?.media));
  const check = segmentCheck(viewer, {
    ...{ events, ledger, stop },
    drop(peer) {
      if (!dropped.has(peer)) events.emit({ type: "dropped", peer });
      dropped.add(peer);
      close(peer);
    },
  });
  const engine = new Engine({
    core: engineConfig(viewer, options, {
      async httpRequestSetup(key, _range, signal) {
        check.restarted(key);
        return relays.request(key, signal).catch((error: unknown) => {
          if (!signal.aborted) events.emit({ type: "failed", what: "segment", error: asWeirError(error) });
          throw error;
        });
      },
      // Segments that came from peers whole come this way too, if it got late before they were checked.
      validateHTTPSegment: async (key, _range, data) => check.accept(key, data, relays.taken(key) ? "relays" : "peers"),
      validateP2PSegment: async (key, _range, data) => check.accept(key, data, "peers"),
    }),
  });

  /** Later, because the engine is in the middle of something, such as ending the connection by itself. */
  function close(peer: string): void {
    setTimeout(() => {
      if (!closePeer(engine, peer) && active) stop("defenceless");
    });
  }

  function setActive(value: boolean): void {
    if (active === value || hasLeft) return;
    active = value;
    queueMicrotask(() => {
      engine.applyDynamicConfig({ core: { isP2PDisabled: !active } });
    });
  }

  function stop(reason: StopReason): void {
    setActive(false);
    events.emit({ type: "stopped", reason });
  }

  const troubled = ({ error }: { readonly error: unknown }): void => {
    const stated = error instanceof Error ? error : new Error(String(error));
    events.emit({ type: "failed", what: "tracker", error: stated });
  };
  engine.addEventListener("onPeerConnect", ({ peerId }) => {
    connected.add(peerId);
    events.emit({ type: "joined", peer: peerId });
    if (dropped.has(peerId)) close(peerId);
  });
  engine.addEventListener("onPeerClose", ({ peerId }) => {
    check.ended(peerId);
    if (connected.delete(peerId)) events.emit({ type: "left", peer: peerId });
  });
  engine.addEventListener("onSegmentStart", ({ peerId, segment }) => {
    if (peerId !== undefined) check.began(peerId, segment.url);
  });
  engine.addEventListener("onSegmentAbort", ({ peerId }) => {
    if (peerId !== undefined) check.ended(peerId);
  });
  engine.addEventListener("onSegmentError", ({ error, peerId, segment }) => {
    if (peerId !== undefined) check.ended(peerId);
    // The only other errors after which the engine begins anew are those of the check.
    if (error.type === "peer-response-bytes-length-mismatch") check.restarted(segment.url);
  });
  engine.addEventListener("onChunkDownloaded", (bytes, _source, peerId) => {
    if (peerId !== undefined) check.received(peerId, bytes);
  });
  engine.addEventListener("onChunkUploaded", (bytes) => {
    ledger.uploaded(bytes);
  });
  engine.addEventListener("onTrackerError", troubled);
  engine.addEventListener("onTrackerWarning", ({ warning }) => {
    troubled({ error: warning });
  });

  return {
    hlsConfig: (own) =>
      sharedLoaders(own, engine.getConfigForHlsJs() as Pick<HlsLoaders, "fLoader" | "pLoader">, ledger),
    attach(hls) {
      player = hls;
      engine.bindHls(engineView(hls));
    },
    setActive,
    on: (listener) => events.on(listener),
    status() {
      const { peers, refused, relays: paid, uploaded } = ledger.totals;
      return {
        active,
        peers: connected.size,
        dropped: dropped.size,
        peerBytes: BigInt(peers),
        relayBytes: BigInt(paid),
        offload: peers === 0 ? 0 : peers / (peers + paid),
        refusedBytes: BigInt(refused),
        uploadedBytes: BigInt(uploaded),
      };
    },
    leave() {
      active = false;
      hasLeft = true;
      // hls.js would bring a destroyed engine back to life with the next playlist that it loads.
      engine.applyDynamicConfig({ core: { isP2PDisabled: true } });
      engine.destroy();
      relays.end();
    },
  };
}
