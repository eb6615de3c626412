import { createWalletClient, http } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import type { Address, Deployment, Hex } from "weir/core";
import { collectorWallet, createRelay, sqliteStore, viemChain } from "weir/relay";
import type { Relay } from "weir/relay";
import { listen } from "weir/servers";
import type { RelayServer } from "weir/servers";

/** What an operator decides. */
export interface Operator {
  readonly deployment: Deployment;
  readonly rpc: string;
  readonly key: Hex;
  readonly publisher: Address;
  /** A folder with a published stream, or the URL of an origin that has it. */
  readonly source: string;
  readonly database: string;
}

/** Serves a stream and collects what viewers pay for it. */
export async function serve(operator: Operator): Promise<{ relay: Relay; server: RelayServer }> {
  const { deployment, rpc, key, publisher, source, database } = operator;
  // #region readme
  const client = createWalletClient({ account: privateKeyToAccount(key), transport: http(rpc) });
  const chain = viemChain({ client, deployment });
  const collect = { wallet: collectorWallet({ client, deployment }), tokenPerEther: 3_000n * 10n ** 18n };
  const server = await listen({ port: 8402 }); // loopback; put a proxy with TLS in front and name its origin below
  const streams = [{ path: "/documentary/", source, publisher }]; // a folder, or the URL of an origin
  const terms = { payee: client.account.address, agent: key, pricePerGiB: 10n ** 16n, gracePeriod: 86_400 };
  const store = sqliteStore(database);
  const relay = createRelay({ deployment, ...terms, publicUrl: server.url, streams, store, chain, collect });
  await relay.start();
  server.serve(relay.fetch);
  // #endregion
  return { relay, server };
}
