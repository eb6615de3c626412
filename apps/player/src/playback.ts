import Hls from "hls.js";
import { WeirError } from "weir/core";
import type { Viewer } from "weir/viewer";
import { hlsConfig } from "weir/viewer/hls";
import type { SharedViewer, Swarm } from "weir/viewer/p2p";

/** What a playback tells. */
export interface PlaybackListener {
  /** The picture moves. */
  readonly onPlaying: () => void;
  /** The browser wants a person to press play. */
  readonly onBlocked: () => void;
  /** Loading stopped; it goes on when `resume` is called. */
  readonly onTrouble: (error: WeirError) => void;
}

/** A stream that plays in the page. */
export interface Playback {
  /** Plays, or goes on loading after trouble. */
  resume(): void;
  stop(): void;
}

const BUFFER_SECONDS = 20;

/** Whether the browser has what playing and verifying need. */
export function canPlay(): boolean {
  return Hls.isSupported() && isSecureContext;
}

/** What is played. */
export interface PlaybackSource {
  readonly manifestUrl: string;
  /** Relative to the manifest. */
  readonly playlist: string;
  /** Seconds of the video to begin at. */
  readonly at: number;
  /** Lets other viewers send and take segments; from relays alone if it gives none. */
  readonly share: (viewer: SharedViewer) => Promise<Swarm | undefined>;
}

/** Plays a stream through a viewer. */
export async function startPlayback(
  video: HTMLVideoElement,
  viewer: Viewer,
  { at, manifestUrl, playlist, share }: PlaybackSource,
  listener: PlaybackListener,
): Promise<Playback> {
  let trouble: WeirError | undefined;
  // hls.js knows HTTP alone; what the viewer says itself is more telling.
  const listened: Viewer = {
    ...viewer,
    fetch: async (reference, options) =>
      viewer.fetch(reference, options).catch((error: unknown) => {
        if (WeirError.is(error)) trouble = error;
        throw error;
      }),
  };
  const swarm = await share(listened);
  const own = hlsConfig(listened, { media: video });
  const hls = new Hls({
    ...(swarm?.hlsConfig(own) ?? own),
    // Where it begins by itself is up to the stream: a live one begins near its end.
    ...(at > 0 && { startPosition: at }),
    // What is loaded is paid for, so no more of it than a few seconds of trouble need.
    ...{ maxBufferLength: BUFFER_SECONDS, maxMaxBufferLength: BUFFER_SECONDS },
    // Its worker would be a script from a blob, which the page's policy refuses; fragmented MP4 needs no repacking anyway.
    enableWorker: false,
  });
  swarm?.attach(hls);
  hls.on(Hls.Events.ERROR, (_, { error, fatal, type }) => {
    if (!fatal) return;
    if (type === Hls.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError();
    else listener.onTrouble(trouble ?? new WeirError("internal", error.message));
  });
  const play = (): void => {
    video.play().catch((error: unknown) => {
      // Another one of its names says that the player was stopped meanwhile.
      if (error instanceof DOMException && error.name === "NotAllowedError") listener.onBlocked();
    });
  };
  video.addEventListener("playing", listener.onPlaying);
  hls.once(Hls.Events.MANIFEST_PARSED, play);
  const url = new URL(playlist, manifestUrl).href;
  hls.attachMedia(video);
  hls.loadSource(url);
  return {
    resume() {
      trouble = undefined;
      if (hls.levels.length === 0) hls.loadSource(url);
      else hls.startLoad();
      play();
    },
    stop() {
      video.removeEventListener("playing", listener.onPlaying);
      hls.destroy();
      swarm?.leave();
    },
  };
}
