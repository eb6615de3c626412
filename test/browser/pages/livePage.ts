import Hls from "hls.js";
import { privateKeySigner } from "../../../sdk/core/index.ts";
import type { Hex } from "../../../sdk/core/index.ts";
import { hlsConfig } from "../../../sdk/viewer/hls/index.ts";
import { createViewer } from "../../../sdk/viewer/index.ts";
import type { Viewer, ViewerOptions, ViewerStatus } from "../../../sdk/viewer/index.ts";

/** A live stream to be watched through a viewer. */
export interface PaidLive extends Pick<
  ViewerOptions,
  "deployment" | "publisher" | "name" | "manifest" | "relays" | "maxPricePerGiB" | "budget"
> {
  /** The session key. */
  readonly key: Hex;
  /** Of the playlist, relative to the manifest. */
  readonly playlist: string;
}

/** Where a player stands. */
export interface LiveReading {
  /** Seconds of the video element. */
  readonly position: number;
  /** Seconds from when the picture was encoded until now, by the playlist's dates; undefined before it plays. */
  readonly behind: number | undefined;
  /** What hls.js complained about, but for gaps in the buffer. */
  readonly complaints: readonly string[];
  /** How often the viewer told that what the publisher signed has run out. */
  readonly expired: number;
  readonly status: ViewerStatus | undefined;
}

/** What the page does when it is asked to. */
export interface LivePage {
  /** Begins to follow a stream from one origin, for free. */
  followPlain(url: string): void;
  /** Begins to follow a stream through relays. */
  followPaid(stream: PaidLive): void;
  read(): LiveReading;
  /** Stops playing and pays. */
  stop(): Promise<ViewerStatus | undefined>;
}

declare global {
  interface Window {
    live: LivePage;
  }
}

/** Before a page asks again for a stream that its player gave up. */
const AGAIN_MS = 500;

const complaints: string[] = [];
let expired = 0;
let hls: Hls | undefined;
let viewer: Viewer | undefined;

function follow(url: string, settings: Partial<Hls["config"]> = {}): void {
  const player = new Hls(settings);
  player.on(Hls.Events.ERROR, (_, { details, error, fatal, response, type }) => {
    if (fatal && type === Hls.ErrorTypes.NETWORK_ERROR) {
      setTimeout(() => {
        if (hls === player) player.startLoad();
      }, AGAIN_MS);
    }
    if (!details.startsWith("buffer")) complaints.push(`${details}: ${response?.text ?? error.message}`);
  });
  player.loadSource(url);
  player.attachMedia(video());
  hls = player;
}

function video(): HTMLVideoElement {
  const element = document.querySelector("video");
  if (element === null) throw new Error("the page has no video element");
  element.muted = true;
  element.autoplay = true;
  return element;
}

window.live = {
  followPlain(url) {
    follow(url);
  },
  followPaid({ key, playlist, ...options }) {
    viewer = createViewer({ ...options, signer: privateKeySigner(key), policy: { fundBytes: 1_048_576n } });
    viewer.on(({ type }) => {
      if (type === "expired") expired += 1;
    });
    const url = new URL(playlist, `${options.relays[0] ?? ""}${options.manifest}`).href;
    follow(url, hlsConfig(viewer, { media: video() }));
  },
  read() {
    const date = hls?.playingDate;
    return {
      position: video().currentTime,
      behind: date === null || date === undefined ? undefined : (Date.now() - date.getTime()) / 1_000,
      complaints,
      expired,
      status: viewer?.status(),
    };
  },
  async stop() {
    hls?.destroy();
    hls = undefined;
    return viewer?.close();
  },
};
