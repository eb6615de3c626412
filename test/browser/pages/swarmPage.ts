import Hls from "hls.js";
import { HlsJsP2PEngine } from "p2p-media-loader-hlsjs";
import { privateKeySigner } from "../../../sdk/core/index.ts";
import type { Address, Deployment, Hex } from "../../../sdk/core/index.ts";
import { hlsConfig } from "../../../sdk/viewer/hls/index.ts";
import { createViewer } from "../../../sdk/viewer/index.ts";
import type { Viewer } from "../../../sdk/viewer/index.ts";
import { joinSwarm } from "../../../sdk/viewer/p2p/index.ts";
import type { Swarm, SwarmEvent, SwarmTuning } from "../../../sdk/viewer/p2p/index.ts";
import { pollute } from "./polluter.ts";

/** What a page is told to play. Amounts are decimal strings, because pages are told in JSON. */
export interface SwarmTask {
  readonly deployment: Deployment;
  readonly key: Hex;
  readonly publisher: Address;
  readonly name: string;
  /** Path of the stream's directory on every relay. */
  readonly directory: string;
  readonly relays: readonly string[];
  readonly tracker: string;
  /** Playlist to play, relative to the directory. */
  readonly playlist: string;
  readonly maxPricePerGiB: string;
  readonly budget: string;
  /** How many seconds of the film to play in one. */
  readonly rate: number;
  readonly tuning?: SwarmTuning;
  /** Whether to wait for a peer before it plays what it loads meanwhile. */
  readonly awaitPeer: boolean;
}

/** What a page says about itself. Sizes are bytes. */
export interface SwarmReport {
  readonly peerBytes: number;
  readonly relayBytes: number;
  readonly refusedBytes: number;
  readonly uploadedBytes: number;
  readonly offload: number;
  readonly peers: number;
  readonly dropped: number;
  readonly active: boolean;
  readonly events: readonly SwarmEvent[];
  /** Every fragment that hls.js got, in order. */
  readonly played: readonly PlayedFragment[];
  /** What relays delivered, in order, and what each of it weighs. */
  readonly delivered: readonly { readonly name: string; readonly bytes: number }[];
  /** Verified and paid, by the viewer's own account. */
  readonly verifiedBytes: number;
  readonly spent: string;
  readonly ended: boolean;
  readonly fatal: string | undefined;
}

/** A fragment as it was given to hls.js. */
export interface PlayedFragment {
  /** Relative to the stream's directory, with `#first-last` for a part. */
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** What tests call in a page. */
export interface SwarmPage {
  start(task: SwarmTask): void;
  setActive(active: boolean): void;
  /** Whether it has played to the end, or cannot. */
  isOver(): boolean;
  report(): Promise<SwarmReport>;
  /** Pays what is owed; goes on sharing. */
  closeViewer(): Promise<void>;
  readonly pollute: typeof pollute;
}

declare global {
  interface Window {
    swarmPage: SwarmPage;
  }
}

const video = document.querySelector("video") ?? document.createElement("video");
const events: SwarmEvent[] = [];
const played: Promise<PlayedFragment>[] = [];
const delivered: { name: string; bytes: number }[] = [];
let viewer: Viewer | undefined;
let swarm: Swarm | undefined;
let fatal: string | undefined;

function start(task: SwarmTask): void {
  const { awaitPeer, budget, directory, key, maxPricePerGiB, playlist, rate, relays, tracker, tuning, ...rest } = task;
  const [first = ""] = relays;
  viewer = createViewer({
    ...rest,
    relays,
    signer: privateKeySigner(key),
    manifest: `${directory}weir.json`,
    maxPricePerGiB: BigInt(maxPricePerGiB),
    budget: BigInt(budget),
    policy: { postBytes: 32_768n, fundBytes: 1_048_576n },
  });
  viewer.on((event) => {
    if (event.type === "verified") delivered.push({ name: event.name, bytes: event.bytes });
  });
  swarm = joinSwarm(viewer, HlsJsP2PEngine, {
    trackers: [tracker],
    rtcConfig: { iceServers: [] },
    ...(tuning && { tuning }),
  });
  swarm.on((event) => {
    events.push(event);
    if (event.type === "joined") void video.play();
  });
  const hls = new Hls({ ...swarm.hlsConfig(hlsConfig(viewer, { media: video })) });
  swarm.attach(hls);
  hls.on(Hls.Events.MANIFEST_PARSED, () => {
    // One quality, so that all pages share the same segments.
    hls.loadLevel = 0;
  });
  hls.on(Hls.Events.FRAG_LOADED, (_, { frag, payload }) => {
    const [begin, end] = frag.byteRange;
    const part = begin === undefined || end === undefined ? "" : `#${begin}-${end - 1}`;
    played.push(noted(`${new URL(frag.url).pathname.slice(directory.length)}${part}`, payload.slice(0)));
  });
  hls.on(Hls.Events.ERROR, (_, { details, error, fatal: isFatal }) => {
    if (isFatal) fatal = `${details}: ${error.message}`;
  });
  hls.loadSource(first + directory + playlist);
  hls.attachMedia(video);
  video.defaultPlaybackRate = video.playbackRate = rate;
  if (!awaitPeer) void video.play();
}

async function noted(name: string, payload: ArrayBuffer): Promise<PlayedFragment> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", payload));
  return {
    name,
    sha256: Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join(""),
    bytes: payload.byteLength,
  };
}

window.swarmPage = {
  start,
  pollute,
  setActive: (active) => swarm?.setActive(active),
  isOver: () => video.ended || fatal !== undefined,
  async report() {
    if (swarm === undefined || viewer === undefined) throw new Error("the page was not started");
    const { active, dropped, offload, peerBytes, peers, refusedBytes, relayBytes, uploadedBytes } = swarm.status();
    const { spent, verifiedBytes } = viewer.status();
    return {
      ...{ active, delivered, dropped, offload, peers, events, fatal, ended: video.ended },
      peerBytes: Number(peerBytes),
      relayBytes: Number(relayBytes),
      refusedBytes: Number(refusedBytes),
      uploadedBytes: Number(uploadedBytes),
      verifiedBytes: Number(verifiedBytes),
      spent: spent.toString(),
      played: await Promise.all(played),
    };
  },
  async closeViewer() {
    await viewer?.close();
  },
};
