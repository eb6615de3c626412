import { once } from "node:events";
import { sqliteStore } from "../../sdk/relay/index.ts";
import { paperChain, publisher } from "../../test/helpers/relayFixture.ts";
import { servePaperRelay } from "../../test/helpers/servePaperRelay.ts";
import { fundedView } from "../fundedView.ts";

/** What the measured relay is told. It answers with its URL, and then every message with its `RelayMemory`. */
export interface SessionRelayConfig {
  readonly store: string;
  /** The stream's folder, served at `/video/`. */
  readonly folder: string;
}

/** Memory of the relay's process, in bytes. */
export interface RelayMemory {
  /** Resident now, and at most since the start. */
  readonly rss: number;
  readonly peak: number;
  /** Heap and buffers beside it, after garbage collection. */
  readonly heap: number;
  /** Sessions that are open, by the relay's own count. */
  readonly sessions: number;
}

const [{ store, folder: source }] = (await once(process, "message")) as [SessionRelayConfig];
const relay = await servePaperRelay({
  port: 0,
  streams: [{ path: "/video/", source, publisher: publisher.address }],
  store: sqliteStore(store),
  chain: { ...paperChain(), view: async () => Promise.resolve(fundedView) },
});

process.on("message", () => {
  void relay.status().then(({ sessions }) => {
    globalThis.gc?.();
    const { arrayBuffers, heapUsed, rss } = process.memoryUsage();
    const peak = process.resourceUsage().maxRSS * 1_024;
    process.send?.({ rss, peak, heap: heapUsed + arrayBuffers, sessions } satisfies RelayMemory);
  });
});
