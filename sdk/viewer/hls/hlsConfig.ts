import type { HlsConfig } from "hls.js";
import type { PlayerMedia } from "../player/bufferedMs.ts";
import type { PlayableViewer } from "../player/playableViewer.ts";
import { viewerLoader } from "./viewerLoader.ts";

/** What the adapter for hls.js can be told. */
export interface HlsViewerOptions {
  /** The element that plays. With it, relays are chosen by how long it can wait; without, by a fixed time. */
  readonly media?: PlayerMedia;
  /**
   * For keys and steering manifests that lie elsewhere than the stream: usually `Hls.DefaultConfig.loader`. Without it such
   * requests fail. Playlists and segments never come from anywhere but the viewer.
   */
  readonly elsewhere?: HlsConfig["loader"];
}

/** The part of an hls.js configuration that makes it play through a viewer. */
export type ViewerHlsConfig = Required<Pick<HlsConfig, "loader" | "fLoader" | "pLoader">>;

/**
 * Makes hls.js load everything through a viewer: nothing reaches the player that is not verified, and everything that does is
 * paid for. hls.js sees how fast bytes really arrive, and its aborts, time limits and retries work as always.
 *
 * One viewer plays one stream, and may serve several players of it. Closing it is up to the page.
 *
 * @example
 * const hls = new Hls({ ...hlsConfig(viewer, { media: video }) });
 * hls.loadSource("https://relay.example/film/master.m3u8");
 * hls.attachMedia(video);
 */
export function hlsConfig(viewer: PlayableViewer, { media, elsewhere }: HlsViewerOptions = {}): ViewerHlsConfig {
  const own = viewerLoader(viewer, media);
  return { loader: viewerLoader(viewer, media, elsewhere), fLoader: own, pLoader: own };
}
