import Hls from "hls.js";
import type { SegmentStorage } from "p2p-media-loader-core";
import { HlsJsP2PEngine } from "p2p-media-loader-hlsjs";

/** What a polluter needs to know. */
export interface PollutionTask {
  /** The master playlist, on a server that gives everything away. */
  readonly playlist: string;
  readonly tracker: string;
  readonly swarmId: string;
  /** Segments that it claims to have. */
  readonly segments: number;
  /** What it sends for each of them. */
  readonly bytes: number;
}

/** What it has done. */
export interface Pollution {
  /** Bytes that it sent. */
  readonly sent: number;
  /** Peers that it has met. */
  readonly met: readonly string[];
}

let sent = 0;
const met: string[] = [];

/**
 * A client that was modified to do harm: claims to have every segment of the first quality, and sends noise of the right size.
 * Nothing of it is Weir's.
 */
export async function pollute(task?: PollutionTask): Promise<Pollution> {
  if (task !== undefined) join(task);
  return Promise.resolve({ sent, met });
}

function join({ bytes, playlist, segments, swarmId, tracker }: PollutionTask): void {
  const engine = new HlsJsP2PEngine({
    core: {
      swarmId,
      announceTrackers: [tracker],
      rtcConfig: { iceServers: [] },
      customSegmentStorageFactory: () => fullStorage(segments, bytes),
    },
  });
  engine.addEventListener("onChunkUploaded", (count) => {
    sent += count;
  });
  engine.addEventListener("onPeerConnect", ({ peerId }) => met.push(peerId));
  const hls = new Hls({ ...(engine.getConfigForHlsJs() as object), startFragPrefetch: true });
  engine.bindHls(hls);
  hls.loadSource(playlist);
}

function fullStorage(segments: number, bytes: number): SegmentStorage {
  const ids = Array.from({ length: segments }, (_, index) => index);
  const noise = Uint8Array.from({ length: bytes }, (_, index) => (index * 167) % 251).buffer;
  return {
    initialize: async () => Promise.resolve(),
    onPlaybackUpdated: () => undefined,
    onSegmentRequested: () => undefined,
    storeSegment: async () => Promise.resolve(),
    getSegmentData: async () => Promise.resolve(noise),
    getUsage: () => ({ totalCapacity: 1, usedCapacity: 0 }),
    hasSegment: () => true,
    getStoredSegmentIds: () => ids,
    setSegmentChangeCallback: () => undefined,
    destroy: () => undefined,
  };
}
