import type Hls from "hls.js";
import type { LevelDetails, LevelUpdatedData, ManifestLoadedData } from "hls.js";
import { hlsRange, segmentKey } from "./segmentKey.ts";

/** What p2p-media-loader uses of hls.js. */
export interface EngineView {
  readonly media: Hls["media"];
  readonly config: Hls["config"];
  readonly userConfig: Hls["userConfig"];
  on(event: string, listener: EventListener): void;
  off(event: string, listener: EventListener): void;
}

type EventListener = (event: string, data: unknown) => void;

/** The part of hls.js that is about events, whatever they are. */
type HlsEvents = { readonly [method in "on" | "off"]: (event: string, listener: EventListener) => void };

/**
 * hls.js as p2p-media-loader is to see it:
 *
 * - The response to the playlist's request has an address, without which it shares nothing.
 * - Parts of a file have addresses of their own; see `segmentKey`.
 * - How far behind the live edge to play seems to be decided. It would go back as far as the playlist goes.
 */
export function engineView(hls: Hls): EngineView {
  const events = hls as unknown as HlsEvents;
  const translated = new WeakMap<EventListener, EventListener>();
  return {
    get media() {
      return hls.media;
    },
    get config() {
      return hls.config;
    },
    get userConfig() {
      const { liveSyncDurationCount } = hls.config;
      return { liveSyncDurationCount, ...hls.userConfig };
    },
    on(event, listener) {
      const listening: EventListener = (name, data) => {
        listener(name, translate(name, data));
      };
      const before = translated.get(listener);
      translated.set(listener, before ?? listening);
      events.on(event, before ?? listening);
    },
    off(event, listener) {
      events.off(event, translated.get(listener) ?? listener);
    },
  };
}

function translate(event: string, data: unknown): unknown {
  if (event === "hlsManifestLoaded") return withAddress(data as ManifestLoadedData);
  if (event === "hlsLevelUpdated" || event === "hlsAudioTrackLoaded") {
    const { details, ...rest } = data as LevelUpdatedData;
    return { ...rest, details: withKeys(details) };
  }
  return data;
}

function withAddress(data: ManifestLoadedData): ManifestLoadedData {
  // The address of a response that was made here is empty, and can't be set in any other way.
  const networkDetails = Object.defineProperty(new Response(), "url", { value: data.url });
  return { ...data, networkDetails };
}

/** The fragments' properties are getters of a class, so copying them takes naming them. */
function withKeys({ fragments, live, targetduration, url }: LevelDetails): object {
  return {
    ...{ live, targetduration, url },
    fragments: fragments.map(({ byteRange: [start, last], end, sn, start: startTime, type, url: address }) => ({
      ...{ byteRange: [], end, sn, start: startTime, type },
      url: segmentKey(address, hlsRange(start, last)),
    })),
  };
}
