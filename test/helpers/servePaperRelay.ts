import { createRelay } from "../../sdk/relay/index.ts";
import type { RelayOptions } from "../../sdk/relay/index.ts";
import { listen } from "../../sdk/servers/index.ts";
import { paperDeployment, payee, payeeKey } from "./relayFixture.ts";

/** What differs between relays without a chain that run in a process of their own. */
export interface PaperRelayOptions extends Pick<RelayOptions, "chain" | "store" | "streams"> {
  /** 0 for any free port. */
  readonly port: number;
}

/** Serves until the process ends, and tells the parent process where. */
export async function servePaperRelay({ port, ...options }: PaperRelayOptions): Promise<void> {
  const server = await listen({ port });
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
}
