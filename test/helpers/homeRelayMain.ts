import { sqliteStore } from "../../sdk/relay/index.ts";
import type { TlsFiles } from "../../sdk/servers/index.ts";
import { paperChain, publisher, testStream } from "./relayFixture.ts";
import { servePaperRelay } from "./servePaperRelay.ts";

/** A relay with a certificate of its own, as it runs at home. Its argument is JSON; it says `serving` once it does. */
export interface HomeRelayConfig {
  readonly port: number;
  readonly publicUrl: string;
  readonly tls: TlsFiles;
  readonly database: string;
}

const { database, ...config } = JSON.parse(process.argv[2] ?? "") as HomeRelayConfig;
const source = await testStream(3, 100_000);
await servePaperRelay({
  ...config,
  // Every address of the machine, of both families.
  hostname: "::",
  streams: [{ path: "/video/", source, publisher: publisher.address }],
  store: sqliteStore(database),
  chain: paperChain(),
});
console.log("serving");
