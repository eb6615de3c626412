import { createRelay } from "../../sdk/relay/index.ts";
import type { Relay, RelayOptions } from "../../sdk/relay/index.ts";
import { listen } from "../../sdk/servers/index.ts";
import type { TlsFiles } from "../../sdk/servers/index.ts";
import { paperDeployment, payee, payeeKey } from "./relayFixture.ts";

/** What differs between relays without a chain that run in a process of their own. */
export interface PaperRelayOptions
  extends
    Pick<RelayOptions, "accel" | "cache" | "chain" | "store" | "streams">,
    Partial<Pick<RelayOptions, "publicUrl">> {
  /** 0 for any free port. */
  readonly port: number;
  /** Where viewers reach it, if not at its own port. */
  readonly publicUrl?: string;
  readonly hostname?: string;
  readonly tls?: TlsFiles;
}

/** Serves until the process ends, and tells the parent process where. */
export async function servePaperRelay({ port, hostname, tls, ...options }: PaperRelayOptions): Promise<Relay> {
  const server = await listen({
    port,
    ...(hostname === undefined ? {} : { hostname }),
    ...(tls === undefined ? {} : { tls }),
  });
  const relay = createRelay({
    deployment: paperDeployment,
    payee,
    agent: payeeKey,
    pricePerGiB: 10n ** 16n,
    gracePeriod: 86_400,
    publicUrl: server.url,
    ...options,
  });
  await relay.start();
  server.serve(relay.fetch);
  process.send?.(server.url);
  return relay;
}
