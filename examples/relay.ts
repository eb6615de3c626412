import { createPublicClient, createWalletClient, http } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import type { Address, Deployment, Hex } from "weir/core";
import { collectorWallet, createRelay, sqliteStore, viemChain } from "weir/relay";
import { listen } from "weir/servers";

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
export async function serve({ deployment, rpc, key, publisher, source, database }: Operator) {
  // #region readme
  const account = privateKeyToAccount(key);
  const chain = viemChain({ client: createPublicClient({ transport: http(rpc) }), deployment });
  const client = createWalletClient({ account, transport: http(rpc) });
  const collect = { wallet: collectorWallet({ client, deployment }), tokenPerEther: 3_000n * 10n ** 18n };
  const server = await listen({ port: 8402 }); // loopback; put a proxy with TLS in front and name its origin below
  const streams = [{ path: "/documentary/", source, publisher }]; // a folder, or the URL of an origin
  const terms = { payee: account.address, agent: key, pricePerGiB: 10n ** 16n, gracePeriod: 86_400 };
  const store = sqliteStore(database);
  const relay = createRelay({ deployment, ...terms, publicUrl: server.url, streams, store, chain, collect });
  await relay.start().then(() => server.serve(relay.fetch));
  // #endregion
  return { relay, server };
}
