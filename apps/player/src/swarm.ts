import type { SharedViewer, Swarm } from "weir/viewer/p2p";
import type { PeerSettings } from "./playerConfig.ts";

/** Begins to swap segments with other viewers. What that takes is not loaded before. */
export async function openSwarm(viewer: SharedViewer, { iceServers, trackers }: PeerSettings): Promise<Swarm> {
  const [{ joinSwarm }, { HlsJsP2PEngine }] = await Promise.all([
    import("weir/viewer/p2p"),
    import("p2p-media-loader-hlsjs"),
  ]);
  return joinSwarm(viewer, HlsJsP2PEngine, { trackers, rtcConfig: { iceServers: [...iceServers] } });
}
