import { once } from "node:events";
import { createRelay, sqliteStore } from "../../sdk/relay/index.ts";
import { listen } from "../../sdk/servers/index.ts";
import { paperChain, paperDeployment, payee, payeeKey, publisher } from "../../test/helpers/relayFixture.ts";

/** What the measured relay is told. It answers with its URL. */
export interface BenchRelayConfig {
  readonly store: string;
  /** The stream's folder, served at `/paid/` for receipts and at `/free/` to everybody. */
  readonly folder: string;
}

/** On this chain every channel holds more than a benchmark can spend. */
const FUNDED = {
  block: 1,
  deposit: 10n ** 24n,
  settledBytes: 0n,
  closeRequestedAt: 0,
  closed: false,
  balance: 10n ** 24n,
};

const [{ store, folder: source }] = (await once(process, "message")) as [BenchRelayConfig];
const server = await listen({ port: 0 });
const relay = createRelay({
  deployment: paperDeployment,
  payee,
  agent: payeeKey,
  pricePerGiB: 10n ** 16n,
  gracePeriod: 86_400,
  publicUrl: server.url,
  streams: [
    { path: "/paid/", source, publisher: publisher.address },
    { path: "/free/", source, publisher: publisher.address, free: true },
  ],
  store: sqliteStore(store),
  chain: { ...paperChain(), view: async () => Promise.resolve(FUNDED) },
});
await relay.start();
server.serve(relay.fetch);
process.send?.(server.url);
