import type { MediaPlayerClass } from "dashjs";
import type { PlayerMedia } from "../player/bufferedMs.ts";
import type { PlayableViewer } from "../player/playableViewer.ts";
import { viewerLoader } from "./viewerLoader.ts";

/** The part of a dash.js player that is used: a `MediaPlayer().create()` of any build. */
export type DashPlayer = Pick<MediaPlayerClass, "extend">;

/** What the adapter for dash.js can be told. */
export interface DashViewerOptions {
  /** The element that plays. With it, relays are chosen by how long it can wait; without, by a fixed time. */
  readonly media?: PlayerMedia;
}

/**
 * Makes a dash.js player load through a viewer: manifests and segments come from nowhere else, so nothing is played that is not
 * verified, and everything that is loaded is paid for. Licences, steering and reports to other servers go their usual way. dash.js
 * sees how fast bytes really arrive, and its aborts, time limits and retries work as always.
 *
 * To be called before `player.initialize`, because dash.js makes its loaders then. One viewer plays one stream, and may serve
 * several players of it. Closing it is up to the page.
 *
 * @example
 * const player = MediaPlayer().create();
 * connectDash(player, viewer, { media: video });
 * player.initialize(video, "https://relay.example/film/manifest.mpd", true);
 */
export function connectDash(player: DashPlayer, viewer: PlayableViewer, { media }: DashViewerOptions = {}): void {
  const loader = viewerLoader(viewer, media);
  // dash.js takes the second one for live streams with little delay.
  player.extend("XHRLoader", loader, true);
  player.extend("FetchLoader", loader, true);
}
