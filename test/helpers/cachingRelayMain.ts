import { once } from "node:events";
import { sqliteStore } from "../../sdk/relay/index.ts";
import type { RelayCacheOptions } from "../../sdk/relay/index.ts";
import { paperChain, publisher } from "./relayFixture.ts";
import { servePaperRelay } from "./servePaperRelay.ts";

/** What a caching relay without a chain, in a process of its own, is told. */
export interface CachingRelayConfig {
  readonly store: string;
  /** URL of the stream's directory; it is served at `/free/` to everybody. */
  readonly origin: string;
  readonly cache: RelayCacheOptions;
}

const [{ cache, origin, store }] = (await once(process, "message")) as [CachingRelayConfig];
await servePaperRelay({
  port: 0,
  streams: [{ path: "/free/", source: origin, publisher: publisher.address, free: true }],
  store: sqliteStore(store),
  chain: paperChain(),
  cache,
});
