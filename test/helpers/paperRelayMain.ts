import { once } from "node:events";
import { createRelay, sqliteStore } from "../../sdk/relay/index.ts";
import { listen } from "../../sdk/servers/index.ts";
import { paperChain, paperDeployment, payee, payeeKey, publisher } from "./relayFixture.ts";

/** What a relay without a chain, in a process of its own, is told. */
export interface PaperRelayConfig {
  readonly store: string;
  /** The stream's folder, served at `/video/`. */
  readonly folder: string;
  /** 0 for any free port. */
  readonly port: number;
}

const [config] = (await once(process, "message")) as [PaperRelayConfig];
const server = await listen({ port: config.port });
const relay = createRelay({
  deployment: paperDeployment,
  payee,
  agent: payeeKey,
  pricePerGiB: 10n ** 16n,
  gracePeriod: 86_400,
  publicUrl: server.url,
  streams: [{ path: "/video/", source: config.folder, publisher: publisher.address }],
  store: sqliteStore(config.store),
  chain: paperChain(),
});
await relay.start();
server.serve(relay.fetch);
process.send?.(server.url);
