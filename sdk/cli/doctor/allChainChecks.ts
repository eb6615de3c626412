import type { ChainConnection } from "../connect.ts";
import { attempt } from "./attempt.ts";
import { clockCheck, contractChecks, gasCheck, rpcChecks } from "./chainChecks.ts";
import type { Check } from "./check.ts";
import { operatorChecks } from "./operatorChecks.ts";
import type { RelayClaims } from "./operatorChecks.ts";

/** Everything that the chain can tell. Without an endpoint on the right chain, the endpoints alone. */
export async function allChainChecks(
  connection: ChainConnection,
  urls: readonly string[],
  claims: RelayClaims,
): Promise<Check[]> {
  const endpoints = await rpcChecks(urls, connection.deployment);
  if (endpoints.every(({ verdict }) => verdict === "fail")) return endpoints;
  const contracts = await contractChecks(connection);
  const now = Math.floor(Date.now() / 1_000);
  const others = [
    ...(await attempt("clock", async () => [await clockCheck(connection, now)])),
    ...(await attempt("gas", async () => [await gasCheck(connection, claims.agent)])),
  ];
  if (contracts.some(({ verdict }) => verdict === "fail")) return [...endpoints, ...contracts, ...others];
  return [
    ...endpoints,
    ...contracts,
    ...others,
    ...(await attempt("agent", async () => operatorChecks(connection, claims))),
  ];
}
