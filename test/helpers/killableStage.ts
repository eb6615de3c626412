import path from "node:path";
import { readEarnings } from "../../sdk/chain/index.ts";
import { freePort } from "./freePort.ts";
import { killableRelay, newIdentity } from "./killableRelay.ts";
import type { KillableRelay, RelayIdentity } from "./killableRelay.ts";
import { startRpcProxy } from "./rpcProxy.ts";
import type { RpcProxy } from "./rpcProxy.ts";
import { openStage, PRICE, STREAM, TOKEN_PER_ETHER } from "./stage.ts";
import type { Stage } from "./stage.ts";

/** A chain behind a proxy that a test can make misbehave, and one relay of the stream that is not started yet. */
export interface KillableStage {
  readonly stage: Stage;
  readonly proxy: RpcProxy;
  readonly identity: RelayIdentity;
  readonly relay: KillableRelay;
  /** Origin of the relay. */
  readonly url: string;
  /** Token base units that the relay has earned on the chain, fees included. */
  earned(): Promise<bigint>;
  /** Keeps the relay from settling, until `proxy.onCall` is something else. */
  hold(): void;
  stop(): Promise<void>;
}

/** Sets it up. @param coin of the relay, in wei, for gas */
export async function openKillableStage(coin: bigint): Promise<KillableStage> {
  const stage = await openStage();
  const { anvil, deployment, publicClient, testClient } = stage.local;
  const proxy = await startRpcProxy(anvil.url);
  const identity = newIdentity();
  await testClient.setBalance({ address: identity.address, value: coin });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const relay = killableRelay({
    folder: path.join(stage.folder, "relay"),
    ...{ identity, deployment, rpcUrl: proxy.url, port, pricePerGiB: PRICE },
    publicUrl: url,
    tokenPerEther: TOKEN_PER_ETHER,
    stream: { path: `/${STREAM}/`, source: stage.media, publisher: stage.publisher.address },
  });
  return {
    ...{ stage, proxy, identity, relay, url },
    async earned() {
      const { balance, fees } = await readEarnings(publicClient, { deployment, payee: identity.address });
      return balance + fees;
    },
    hold() {
      proxy.onCall = (method) =>
        method === "eth_estimateGas" ? Promise.reject(new Error("the test holds it up")) : undefined;
    },
    async stop() {
      await relay.kill();
      await proxy.stop();
      await stage.stop();
    },
  };
}
