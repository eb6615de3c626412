import { getBlockNumber } from "viem/actions";
import { getWeirEvents, readAccount, readAgent, readChannel, verifyDeployment } from "../../chain/index.ts";
import type { ReadClient } from "../../chain/index.ts";
import { isSameAddress, WeirError } from "../../core/index.ts";
import type { Deployment, Hex } from "../../core/index.ts";
import type { RelayChain } from "./relayChain.ts";

/** Options of `viemChain`. */
export interface ViemChainOptions {
  readonly client: ReadClient;
  readonly deployment: Deployment;
  /**
   * Blocks that must hold an event before it counts, its own included. The default 1 is for chains that do not
   * reorganise; on others, a deposit that is taken back by a reorganisation was credit given for nothing.
   */
  readonly confirmations?: number;
}

const EVENTS = [
  "Funded",
  "FundSkipped",
  "Settled",
  "SettleSkipped",
  "CloseRequested",
  "CloseCancelled",
  "Closed",
] as const;

const ZERO_ADDRESS = "0x0000000000000000000000000000000000000000";

/** The chain as a viem client sees it. Polls with plain reads, so that any RPC endpoint will do. */
export function viemChain({ client, deployment, confirmations = 1 }: ViemChainOptions): RelayChain {
  const head = async (): Promise<bigint> => {
    try {
      const latest = await getBlockNumber(client, { cacheTime: 0 });
      const confirmed = latest - BigInt(confirmations - 1);
      return confirmed > 0n ? confirmed : 0n;
    } catch (cause) {
      throw new WeirError("chain-unavailable", undefined, { cause });
    }
  };
  return {
    async verify({ payee, agent }) {
      await verifyDeployment(client, deployment);
      const appointed = await readAgent(client, { deployment, operator: payee });
      const expected = isSameAddress(appointed, ZERO_ADDRESS) ? payee : appointed;
      if (!isSameAddress(expected, agent)) {
        throw new WeirError("wrong-signer", "the relay's agent key is not the one that signs for the payee", {
          details: `the operator registry names ${expected}, the relay has ${agent}`,
        });
      }
    },
    head: async () => Number(await head()),
    async view(channel) {
      const blockNumber = await head();
      const [state, account] = await Promise.all([
        readChannel(client, { deployment, channel, blockNumber }),
        readAccount(client, { deployment, signer: channel.signer, blockNumber }),
      ]);
      return {
        block: Number(blockNumber),
        deposit: state.deposit,
        settledBytes: state.settledBytes,
        closeRequestedAt: state.closeRequestedAt,
        closed: state.closed,
        balance: account.balance,
      };
    },
    async touched(payee, fromBlock, toBlock) {
      const ids = new Set<Hex>();
      const events = await getWeirEvents(client, {
        deployment,
        fromBlock: BigInt(fromBlock),
        toBlock: BigInt(toBlock),
        eventNames: EVENTS,
        where: { payee },
      });
      for (const event of events) {
        if (event.eventName === "Settled") for (const { channelId } of event.args.settlements) ids.add(channelId);
        else ids.add(event.args.channelId);
      }
      return ids;
    },
  };
}
