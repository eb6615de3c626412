import type { CoreConfig, StreamConfig } from "p2p-media-loader-core";
import { WeirError } from "../../core/weirError.ts";
import type { Viewer } from "../createViewer.ts";
import { isLoopback } from "../../core/relayOrigin.ts";

/** Settings of p2p-media-loader that a page may change; the rest is what makes it safe, or what it costs. */
export type SwarmTuning = Partial<Pick<StreamConfig, (typeof TUNABLE)[number]>>;

const TUNABLE = [
  "highDemandTimeWindow",
  "httpDownloadInitialTimeoutMs",
  "httpDownloadTimeWindow",
  "p2pDownloadTimeWindow",
  "p2pErrorRetries",
  "p2pInactiveLoaderDestroyTimeoutMs",
  "p2pNotReceivingBytesTimeoutMs",
  "simultaneousHttpDownloads",
  "simultaneousP2PDownloads",
  "webRtcMaxMessageSize",
] as const satisfies readonly (keyof StreamConfig)[];

/** How viewers of a stream find each other, and what they do for each other. */
export interface SwarmOptions {
  /**
   * WebTorrent trackers, which introduce viewers of the same stream to each other: `wss://tracker.example`, plain `ws:` on loopback
   * only. They learn the viewer's IP address and can tell which stream it watches.
   */
  readonly trackers: readonly string[];
  /**
   * For the connections between viewers. STUN servers help those behind routers, TURN servers those that nothing else helps; both
   * learn the viewer's IP address. `{ iceServers: [] }` asks nobody.
   */
  readonly rtcConfig: RTCConfiguration;
  /** Whether to send segments to peers as well; true if left out. */
  readonly upload?: boolean;
  /** MiB of segments to keep in memory, for peers and for the player; 256 if left out. */
  readonly memory?: number;
  /** The times are seconds unless they end in `Ms`. */
  readonly tuning?: SwarmTuning;
}

/** The functions by which the engine is kept honest. */
export type SwarmGuards = Required<
  Pick<StreamConfig, "httpRequestSetup" | "validateHTTPSegment" | "validateP2PSegment">
>;

const DEFAULT_MEMORY = 256;

/**
 * A segment that is needed so soon comes from relays. Further ahead than the second window nothing is bought, because whoever
 * leaves early has paid for it in vain.
 */
const DEFAULT_TUNING: SwarmTuning = {
  highDemandTimeWindow: 8,
  httpDownloadTimeWindow: 30,
  p2pDownloadTimeWindow: 300,
};

/** The longest that a timer can run, in milliseconds. */
const NEVER = 0x7fffffff;

/**
 * The configuration of the engine.
 *
 * @throws WeirError `malformed-message` naming the option that is wrong
 */
export function engineConfig(
  { streamId }: Pick<Viewer, "streamId">,
  options: SwarmOptions,
  guards: SwarmGuards,
): CoreConfig {
  const { memory = DEFAULT_MEMORY, rtcConfig, trackers, tuning = {}, upload = true } = options;
  if (trackers.length === 0) throw malformed("trackers is empty");
  for (const tracker of trackers) assertTracker(tracker);
  if (!(memory > 0)) throw malformed("memory is not a number of MiB above zero");
  const tuned = Object.fromEntries(
    TUNABLE.flatMap((name) => (tuning[name] === undefined ? [] : [[name, tuning[name]]])),
  );
  return {
    ...DEFAULT_TUNING,
    ...tuned,
    ...guards,
    // Whatever relays and players a page uses, and however the stream's URLs look there.
    swarmId: streamId,
    announceTrackers: [...trackers],
    rtcConfig,
    isP2PUploadDisabled: !upload,
    segmentMemoryStorageLimit: memory,
    // The viewer has asked every relay when it gives up, and knows itself how long to wait. The second try is for
    // segments that came from peers whole and wrong: p2p-media-loader takes them for downloads that failed.
    httpErrorRetries: 2,
    httpNotReceivingBytesTimeoutMs: NEVER,
  };
}

function assertTracker(tracker: string): void {
  const url = URL.canParse(tracker) ? new URL(tracker) : undefined;
  if (url?.protocol === "wss:" || (url?.protocol === "ws:" && isLoopback(url.hostname))) return;
  throw malformed(`the tracker ${JSON.stringify(tracker)} is not a wss URL; plain ws is for loopback only`);
}

function malformed(message: string): WeirError {
  return new WeirError("malformed-message", message);
}
