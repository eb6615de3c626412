import { readOperatorStake } from "../chain/stakeManager/readOperatorStake.ts";
import { readAgent } from "../chain/operatorRegistry/readAgent.ts";
import { readChannel } from "../chain/paymentChannels/readChannel.ts";
import type { ReadClient } from "../chain/clients.ts";
import type { Deployment } from "../core/deployment.ts";
import { isSameAddress } from "../core/hex.ts";
import type { Address, Hex } from "../core/hex.ts";

/** What a viewer asks the chain: nothing that it could not play without, unless it demands stake of its relays. */
export interface ViewerChain {
  /** Whether a channel is closed, and the bytes that were settled on it. */
  channel(id: Hex): Promise<{ readonly closed: boolean; readonly settledBytes: bigint }>;
  /** Token base units that an operator has at stake of its own; zero unless it is active and this is its agent. */
  activeStake(operator: Address, agent: Address): Promise<bigint>;
}

/** The chain behind a viem client. Apart from the viewer, so that a page that does without loads no ABI. */
export function viewerChain(client: ReadClient, deployment: Deployment): ViewerChain {
  return {
    channel: async (id) => readChannel(client, { deployment, channel: id }),
    async activeStake(operator, agent) {
      const [{ active, own }, inOffice] = await Promise.all([
        readOperatorStake(client, { deployment, operator }),
        readAgent(client, { deployment, operator }),
      ]);
      return active && isSameAddress(inOffice, agent) ? own : 0n;
    },
  };
}
