import { createPublicClient, formatEther, http } from "viem";
import { getBalance, getBlock, getChainId, getCode, getGasPrice } from "viem/actions";
import { verifyDeployment } from "../../chain/index.ts";
import type { Address, Deployment } from "../../core/index.ts";
import { settlementGas } from "../../exchange/index.ts";
import { describeError } from "../describeError.ts";
import type { ChainConnection } from "../connect.ts";
import { fail, ok, warn } from "./check.ts";
import type { Check } from "./check.ts";

/** Seconds by which clocks may differ: messages and fundings carry times. */
const CLOCK_WARN_SECONDS = 30;
/** Seconds without a block after which a chain is worth a look. */
const STILL_SECONDS = 600;
const RPC_TIMEOUT_MS = 10_000;
/** Transactions that a hot key should be able to pay for. */
const COMFORTABLE_TRANSACTIONS = 10n;

/** Each endpoint by itself: one that is down, or on another chain, hides behind the others until they fail. */
export async function rpcChecks(urls: readonly string[], { chainId }: Deployment): Promise<Check[]> {
  return Promise.all(
    urls.map(async (url, i) => {
      const name = `rpc ${new URL(url).host}${urls.length > 1 ? ` (${i + 1} of ${urls.length})` : ""}`;
      const client = createPublicClient({ transport: http(url, { timeout: RPC_TIMEOUT_MS, retryCount: 0 }) });
      const began = performance.now();
      try {
        const found = await getChainId(client);
        const ms = Math.round(performance.now() - began);
        if (found === chainId) return ok(name, `chain ${found}, answers in ${ms} ms`);
        const cure = "Correct chain.rpc or chain.deployment: they are about different chains.";
        return fail(name, `chain ${found}, and the deployment is on ${chainId}`, cure);
      } catch {
        // Its message can quote the URL, which can carry a key.
        return fail(
          name,
          "does not answer",
          "Check chain.rpc, the network, and whether the endpoint's key still holds.",
        );
      }
    }),
  );
}

/** That the contracts are there, and are those that the deployment file says. */
export async function contractChecks({ client, deployment }: ChainConnection): Promise<Check[]> {
  const name = "contracts";
  const contracts = {
    token: deployment.token,
    paymentChannels: deployment.paymentChannels,
    operatorRegistry: deployment.operatorRegistry,
    stakeManager: deployment.stakeManager,
    rewardsDistributor: deployment.rewardsDistributor,
    deliveryDisputes: deployment.deliveryDisputes,
  };
  const cure = "Correct chain.deployment: take the file from whom you trust.";
  try {
    const codes = await Promise.all(
      Object.entries(contracts).map(async ([contract, { address }]) => [contract, await getCode(client, { address })]),
    );
    const absent = codes.filter(([, code]) => code === undefined).map(([contract]) => String(contract));
    if (absent.length > 0) return [fail(name, `no code at the address of ${absent.join(", ")}`, cure)];
    await verifyDeployment(client, deployment);
    return [ok(name, `${codes.length} with code, and they are what the deployment file says`)];
  } catch (error) {
    const { cure: known, message } = describeError(error);
    return [fail(name, message, known)];
  }
}

/** This machine's clock against the chain's. A chain that makes blocks on demand only tells when it is ahead. */
export async function clockCheck({ client }: ChainConnection, now: number): Promise<Check> {
  const name = "clock";
  const { number, timestamp } = await getBlock(client);
  const ahead = Number(timestamp) - now;
  if (ahead > CLOCK_WARN_SECONDS) {
    const found = `the chain's clock is ${ahead} s ahead of this machine's`;
    return fail(name, found, "Set this machine's clock, with NTP: sessions and fundings would expire early or late.");
  }
  if (-ahead > STILL_SECONDS) {
    const cure = "If the chain makes blocks all the time, this clock is fast or the endpoint lags: check both.";
    return warn(name, `block ${String(number)}, the newest, is ${-ahead} s old`, cure);
  }
  return ok(name, `within ${Math.abs(ahead)} s of block ${String(number)}`);
}

/** Gas for the agent: without it nothing is settled, and what viewers owe stays a promise. */
export async function gasCheck({ client }: ChainConnection, agent: Address): Promise<Check> {
  const name = "gas";
  const [balance, price] = await Promise.all([getBalance(client, { address: agent }), getGasPrice(client)]);
  const transaction = settlementGas * price;
  const found = `${formatEther(balance)} of the chain's coin, a full settlement costs ${formatEther(transaction)}`;
  const cure = `Send some of the chain's coin to the agent ${agent}.`;
  if (balance < transaction) return fail(name, found, cure);
  return balance < transaction * COMFORTABLE_TRANSACTIONS ? warn(name, found, cure) : ok(name, found);
}
