import type { RpcClient } from "../chain/clients.ts";
import { readWords } from "../chain/internal/readWords.ts";
import type { WordView } from "../chain/internal/readWords.ts";
import type { Deployment } from "../core/deployment.ts";
import type { Address, Hex } from "../core/hex.ts";

/** What a viewer asks the chain: nothing that it could not play without, unless it demands stake of its relays. */
export interface ViewerChain {
  /** Whether a channel is closed, and the bytes that were settled on it. */
  channel(id: Hex): Promise<{ readonly closed: boolean; readonly settledBytes: bigint }>;
  /** Token base units that an operator has at stake of its own; zero unless it is active and this is its agent. */
  activeStake(operator: Address, agent: Address): Promise<bigint>;
}

/** The views that are asked, as the contracts declare them. */
export const viewerViews = {
  channel: {
    name: "channel",
    input: "bytes32",
    outputs: ["deposit", "settledBytes", "closeRequestedAt", "closed"],
  },
  agent: { name: "agentOf", input: "address", outputs: ["agent"] },
  stake: {
    name: "operatorStake",
    input: "address",
    outputs: [
      "own",
      "ownUnbonding",
      "delegated",
      "delegatedUnbonding",
      "delegationRoom",
      "rewardable",
      "commissionBps",
      "active",
    ],
  },
} as const satisfies Readonly<Record<string, WordView>>;

/**
 * The chain behind a viem client or a wallet's provider. Apart from the viewer, so that a page that does without does
 * not load it. What it gives throws WeirError `chain-unavailable` or `wrong-contract`.
 */
export function viewerChain(client: RpcClient, deployment: Deployment): ViewerChain {
  const { operatorRegistry, paymentChannels, stakeManager } = deployment;
  return {
    async channel(id) {
      const { closed, settledBytes } = await readWords(client, paymentChannels.address, viewerViews.channel, id);
      return { closed: closed !== 0n, settledBytes };
    },
    async activeStake(operator, agent) {
      const [{ active, own }, office] = await Promise.all([
        readWords(client, stakeManager.address, viewerViews.stake, operator),
        readWords(client, operatorRegistry.address, viewerViews.agent, operator),
      ]);
      return active !== 0n && office.agent === BigInt(agent) ? own : 0n;
    },
  };
}
