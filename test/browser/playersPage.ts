import { MediaPlayer } from "dashjs";
import Hls from "hls.js";
import shakaModule from "shaka-player";
import { parseDeployment, privateKeySigner } from "../../sdk/core/index.ts";
import type { Address, Hex } from "../../sdk/core/index.ts";
import { connectDash } from "../../sdk/viewer/dash/index.ts";
import { hlsConfig } from "../../sdk/viewer/hls/index.ts";
import { createViewer } from "../../sdk/viewer/index.ts";
import type { Viewer } from "../../sdk/viewer/index.ts";
import { connectShaka } from "../../sdk/viewer/shaka/index.ts";

/** The package is CommonJS with the types of a module: for Node's rules its default is the namespace, for its types in it. */
const shaka = shakaModule as unknown as (typeof shakaModule)["default"];

/** What the page is told to play; everything that is no text in JSON is text. */
export interface PlayOrder {
  readonly player: "dash.js" | "hls.js" | "shaka";
  readonly url: string;
  readonly deployment: string;
  readonly key: Hex;
  readonly publisher: Address;
  readonly name: string;
  readonly manifest: string;
  readonly relays: readonly string[];
  readonly maxPricePerGiB: string;
  readonly budget: string;
  /** Seek this far ahead once the film runs, in seconds. */
  readonly seekTo?: number;
}

/** What became of it. */
export interface PlayReport {
  readonly playedTo: number;
  readonly duration: number;
  readonly frames: number;
  readonly spent: string;
  readonly acknowledged: readonly string[];
  readonly verifiedBytes: string;
  readonly refusedBytes: string;
  /** Names of what was verified, in order. */
  readonly verified: readonly string[];
  readonly corrupt: number;
  readonly complaints: readonly string[];
}

/** Starts a player on the page's video. @returns what ends it */
type Start = (viewer: Viewer, url: string, video: HTMLVideoElement, complain: (what: string) => void) => () => unknown;

const start: Readonly<Record<PlayOrder["player"], Start>> = {
  "hls.js"(viewer, url, video, complain) {
    const hls = new Hls({ ...hlsConfig(viewer, { media: video }) });
    hls.on(Hls.Events.ERROR, (_, { details, fatal, type }) => {
      // A busy machine may fail to show frames in time; that is not about what was loaded.
      const isLoading = type === Hls.ErrorTypes.NETWORK_ERROR && details !== Hls.ErrorDetails.INTERNAL_ABORTED;
      if (fatal || isLoading) complain(details);
    });
    hls.loadSource(url);
    hls.attachMedia(video);
    return () => {
      hls.destroy();
    };
  },
  "dash.js"(viewer, url, video, complain) {
    const player = MediaPlayer().create();
    connectDash(player, viewer, { media: video });
    player.on("error", ({ error }: { error: unknown }) => {
      complain(JSON.stringify(error));
    });
    player.initialize(video, url, false);
    return () => {
      player.destroy();
    };
  },
  shaka(viewer, url, video, complain) {
    const player = new shaka.Player();
    const fail = (error: unknown): void => {
      complain(String(error));
    };
    player.addEventListener("error", fail);
    player
      .attach(video)
      .then(async () => {
        connectShaka(shaka, player, viewer);
        await player.load(url);
      })
      .catch(fail);
    return async () => {
      await player.destroy();
    };
  },
};

/** Rejects when nothing has moved for a long time, with what there is to know. */
async function stillness(video: HTMLVideoElement, complaints: readonly string[]): Promise<never> {
  for (let last = -1; video.currentTime !== last;) {
    last = video.currentTime;
    await new Promise((resolve) => setTimeout(resolve, 15_000));
  }
  const ranges = Array.from({ length: video.buffered.length }, (_, index) =>
    [video.buffered.start(index), video.buffered.end(index)].join(" to "),
  );
  const { currentTime, duration, readyState } = video;
  throw new Error(JSON.stringify({ currentTime, duration, readyState, ranges, complaints }));
}

async function play(order: PlayOrder): Promise<PlayReport> {
  const video = document.createElement("video");
  video.muted = true;
  document.body.append(video);
  const viewer = createViewer({
    ...{ publisher: order.publisher, name: order.name, manifest: order.manifest, relays: order.relays },
    deployment: parseDeployment(JSON.parse(order.deployment)),
    signer: privateKeySigner(order.key),
    maxPricePerGiB: BigInt(order.maxPricePerGiB),
    budget: BigInt(order.budget),
    policy: { postBytes: 32_768n, fundBytes: 1_048_576n },
  });
  const verified: string[] = [];
  const complaints: string[] = [];
  let corrupt = 0;
  viewer.on((event) => {
    if (event.type === "verified") verified.push(event.name);
    if (event.type === "corrupt") corrupt += 1;
  });
  const end = start[order.player](viewer, order.url, video, (what) => complaints.push(what));
  const onStill = stillness(video, complaints);
  await new Promise((resolve, reject) => {
    onStill.catch(reject);
    video.addEventListener("ended", resolve, { once: true });
    video.addEventListener("error", () => {
      reject(new Error(`${video.error?.message ?? ""} ${complaints.join("; ")}`));
    });
    // The film is as long as it is; nobody has to watch it at its own pace. Shaka sets its own when it begins.
    video.addEventListener("playing", () => {
      video.playbackRate = 4;
    });
    video.addEventListener("loadeddata", () => {
      if (order.seekTo !== undefined) video.currentTime = order.seekTo;
      video.play().catch(reject);
    });
  });
  const { currentTime, duration } = video;
  const frames = video.getVideoPlaybackQuality().totalVideoFrames;
  await end();
  const { spent, relays, refusedBytes, verifiedBytes } = await viewer.close();
  video.remove();
  return {
    ...{ playedTo: currentTime, duration, frames, verified, corrupt, complaints },
    spent: spent.toString(),
    acknowledged: relays.map(({ acknowledged }) => acknowledged.toString()),
    verifiedBytes: verifiedBytes.toString(),
    refusedBytes: refusedBytes.toString(),
  };
}

Object.assign(window, { play });
