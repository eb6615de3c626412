import { once } from "node:events";
import { sqliteStore } from "../../sdk/relay/index.ts";
import { paperChain, publisher } from "./relayFixture.ts";
import { servePaperRelay } from "./servePaperRelay.ts";

/** What a relay without a chain, in a process of its own, is told. */
export interface PaperRelayConfig {
  readonly store: string;
  /** The stream's folder, served at `/video/`. */
  readonly folder: string;
  /** 0 for any free port. */
  readonly port: number;
}

const [{ port, store, folder }] = (await once(process, "message")) as [PaperRelayConfig];
await servePaperRelay({
  port,
  streams: [{ path: "/video/", source: folder, publisher: publisher.address }],
  store: sqliteStore(store),
  chain: paperChain(),
});
