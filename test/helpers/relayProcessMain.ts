import { once } from "node:events";
import { createPublicClient, createWalletClient, http } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { collectorWallet, createRelay, postgresStore, sqliteStore, viemChain } from "../../sdk/relay/index.ts";
import { listen } from "../../sdk/servers/index.ts";
import type { RelayProcessConfig } from "./relayProcess.ts";

const [config] = (await once(process, "message")) as [RelayProcessConfig];
const { deployment, rpcUrl, privateKey } = config;
const account = privateKeyToAccount(privateKey);
const settings = { transport: http(rpcUrl), pollingInterval: 50 };
const server = await listen({ port: config.port });
const relay = createRelay({
  deployment,
  payee: account.address,
  agent: privateKey,
  pricePerGiB: BigInt(config.pricePerGiB),
  gracePeriod: 3_600,
  publicUrl: config.publicUrl ?? server.url,
  streams: [{ path: config.path, source: config.folder, publisher: config.publisher }],
  store: config.store.startsWith("postgres:")
    ? postgresStore({ connectionString: config.store })
    : sqliteStore(config.store),
  chain: viemChain({ client: createPublicClient(settings), deployment }),
  collect: {
    wallet: collectorWallet({ client: createWalletClient({ ...settings, account }), deployment }),
    tokenPerEther: BigInt(config.tokenPerEther),
  },
  policy: { baseCredit: BigInt(config.baseCredit) },
  limits: { watchMs: 100, collectMs: 250 },
});
await relay.start();
server.serve(relay.fetch);
process.on("message", () => {
  void relay.status().then(({ collects }) => process.send?.(collects));
});
process.send?.(server.url);
