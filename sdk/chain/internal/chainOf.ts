import { getChainId } from "viem/actions";
import type { Chain } from "viem";
import type { Deployment } from "../../core/deployment.ts";
import { WeirError } from "../../core/weirError.ts";
import type { ReadClient } from "../clients.ts";
import { toWeirError } from "./toWeirError.ts";

/** @throws WeirError `wrong-chain` unless the node behind `client` is on the deployment's chain */
export async function assertChainId(client: ReadClient, deployment: Deployment): Promise<void> {
  let actual: number;
  try {
    actual = await getChainId(client);
  } catch (error) {
    throw toWeirError(error);
  }
  if (actual !== deployment.chainId) throw wrongChain(deployment.chainId, actual);
}

/**
 * The viem chain to send a transaction on: the client's own, or as little as viem needs to refuse any other chain.
 *
 * @throws WeirError `wrong-chain` if the client was made for another one
 */
export function chainOf(client: ReadClient, deployment: Deployment): Chain {
  const { chainId: id, network: name } = deployment;
  if (client.chain === undefined) {
    const nativeCurrency = { name: "Ether", symbol: "ETH", decimals: 18 };
    return { id, name, nativeCurrency, rpcUrls: { default: { http: [] } } };
  }
  if (client.chain.id !== id) throw wrongChain(id, client.chain.id);
  return client.chain;
}

function wrongChain(expected: number, actual: number): WeirError {
  return new WeirError("wrong-chain", `the client is on chain ${String(actual)}`, {
    details: `the deployment is on chain ${String(expected)}`,
  });
}
