import { MediaPlayer } from "dashjs";
import type { MediaPlayerClass } from "dashjs";
import Hls from "hls.js";
import { privateKeySigner } from "../../../sdk/core/index.ts";
import type { Hex } from "../../../sdk/core/index.ts";
import { connectDash } from "../../../sdk/viewer/dash/index.ts";
import { hlsConfig } from "../../../sdk/viewer/hls/index.ts";
import { createViewer } from "../../../sdk/viewer/index.ts";
import type { Viewer, ViewerEvent, ViewerOptions, ViewerStatus } from "../../../sdk/viewer/index.ts";
import { playFilm } from "./playFilm.ts";
import type { FilmPlayer, Playback } from "./playFilm.ts";

/** Who plays. */
export type FilmPlayerName = "hls" | "dash";

/** A film to be watched through a viewer: what the page is told, and nothing that would not survive the way there. */
export interface PaidFilm extends Pick<
  ViewerOptions,
  "deployment" | "publisher" | "name" | "manifest" | "relays" | "maxPricePerGiB" | "budget"
> {
  /** The session key. */
  readonly key: Hex;
  readonly player: FilmPlayerName;
  /** What the player begins with, relative to the manifest. */
  readonly playlist: string;
  /** Bytes that one step of funding pays for. */
  readonly fundBytes: bigint;
}

/** How a paid film was played, and what the viewer says of it. */
export interface PaidPlayback extends Playback {
  readonly status: ViewerStatus;
  readonly events: readonly ViewerEvent[];
}

/** What the page does when it is asked to. */
export interface FilmPage {
  /** Plays what is free, from one origin. */
  playPlain(player: FilmPlayerName, url: string): Promise<Playback>;
  /** Plays through relays; the startup begins with making the viewer, so that opening sessions is part of it. */
  playPaid(film: PaidFilm): Promise<PaidPlayback>;
}

declare global {
  interface Window {
    film: FilmPage;
  }
}

const CLOSE_MS = 2_000;
/** Seconds. Little is buffered, so that the film is downloaded while it plays. */
const BUFFER = 6;

/** Starts a player on an element; with a viewer through relays, else from wherever the URL leads. Nothing else differs. */
type StartPlayer = (video: HTMLVideoElement, url: string, viewer?: Viewer) => FilmPlayer;

const start: Readonly<Record<FilmPlayerName, StartPlayer>> = {
  hls(video, url, viewer) {
    const through = viewer === undefined ? {} : hlsConfig(viewer, { media: video });
    const hls = new Hls({ maxBufferLength: BUFFER, maxMaxBufferLength: BUFFER, ...through });
    hls.loadSource(url);
    hls.attachMedia(video);
    return {
      onFatal(handler) {
        hls.on(Hls.Events.ERROR, (_, { details, error, fatal }) => {
          if (fatal) handler(`${details}: ${error.message}`);
        });
      },
      stop() {
        hls.destroy();
      },
    };
  },
  dash(video, url, viewer) {
    const player: MediaPlayerClass = MediaPlayer().create();
    const settings = player.getSettings();
    const times = ["bufferTimeDefault", "bufferTimeAtTopQuality", "bufferTimeAtTopQualityLongForm"] as const;
    for (const time of times) if (settings.streaming?.buffer !== undefined) settings.streaming.buffer[time] = BUFFER;
    player.updateSettings(settings);
    if (viewer !== undefined) connectDash(player, viewer, { media: video });
    player.initialize(video, url, true);
    return {
      onFatal(handler) {
        player.on("error", ({ error }) => {
          handler(typeof error === "object" ? error.message : error);
        });
      },
      stop() {
        player.destroy();
      },
    };
  },
};

window.film = {
  playPlain: async (player, url) => playFilm((video) => start[player](video, url)),
  async playPaid({ fundBytes, key, player, playlist, ...options }) {
    const events: ViewerEvent[] = [];
    let viewer: Viewer | undefined;
    try {
      const playback = await playFilm((video) => {
        // One relay is gone for good: it never takes its last receipt.
        const timing = { close: CLOSE_MS };
        viewer = createViewer({ ...options, signer: privateKeySigner(key), policy: { fundBytes }, timing });
        viewer.on((event) => events.push(event));
        const url = new URL(playlist, `${options.relays[0] ?? ""}${options.manifest}`).href;
        return start[player](video, url, viewer);
      });
      if (viewer === undefined) throw new Error("nothing was played");
      return { ...playback, status: await viewer.close(), events };
    } catch (error) {
      throw new Error(`${String(error)}\n${events.map(line).join("\n")}`, { cause: error });
    } finally {
      await viewer?.close();
    }
  },
};

/** An event, for whoever wants to know why a film was not played. */
function line(event: ViewerEvent): string {
  const what = "name" in event ? event.name : "what" in event ? event.what : "";
  return [event.type, "relay" in event ? event.relay : "", what, "error" in event ? event.error.code : ""].join(" ");
}
