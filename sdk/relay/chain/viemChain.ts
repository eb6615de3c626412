import { getBlock } from "viem/actions";
import { getWeirEvents, readAccount, readAgent, readChannel, verifyDeployment } from "../../chain/index.ts";
import type { ReadClient } from "../../chain/index.ts";
import { isSameAddress, WeirError } from "../../core/index.ts";
import type { Deployment, Hex } from "../../core/index.ts";
import { openEndpoints } from "./endpoints.ts";
import type { ChainBlock, RelayChain } from "./relayChain.ts";

/** Options of `viemChain`. */
export interface ViemChainOptions {
  readonly client: ReadClient;
  readonly deployment: Deployment;
  /**
   * Blocks that must hold an event before it counts, its own included. The default 1 is for chains that do not
   * reorganise; on others, a deposit that is taken back by a reorganisation was credit given for nothing.
   */
  readonly confirmations?: number;
  /**
   * Blocks that must hold a transaction before it counts as final, its own included: as deep as the chain's reorganisations
   * may go. The default 64 is two epochs of Ethereum.
   */
  readonly finality?: number;
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

/**
 * The chain as a viem client sees it. Polls with plain reads, so that any RPC endpoint will do. With viem's `fallback` each
 * endpoint is looked at by itself, and the newest block is one that at least half of those that answer have reached.
 */
export function viemChain({ client, deployment, confirmations = 1, finality = 64 }: ViemChainOptions): RelayChain {
  const endpoints = openEndpoints(client);
  const blockAt = async (number: number): Promise<ChainBlock | undefined> => {
    try {
      const block = await endpoints.ask(number, async (one) => getBlock(one, { blockNumber: BigInt(number) }));
      return { number, hash: block.hash, time: Number(block.timestamp) };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  };
  const head = async (): Promise<ChainBlock> => {
    const newest = await endpoints.head();
    const confirmed = Math.max(newest.number - confirmations + 1, 0);
    if (confirmed === newest.number) return newest;
    const block = await blockAt(confirmed);
    if (block === undefined) throw new WeirError("chain-unavailable", `block ${String(confirmed)} cannot be read`);
    return block;
  };
  return {
    finality,
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
    head,
    blockAt,
    async view(channel, at) {
      const known = at === undefined ? await head() : { number: at };
      const block = known.number;
      const blockNumber = BigInt(block);
      const [state, account] = await endpoints.ask(block, async (one) =>
        Promise.all([
          readChannel(one, { deployment, channel, blockNumber }),
          readAccount(one, { deployment, signer: channel.signer, blockNumber }),
        ]),
      );
      return {
        block,
        ...("time" in known ? { time: known.time } : {}),
        deposit: state.deposit,
        settledBytes: state.settledBytes,
        closeRequestedAt: state.closeRequestedAt,
        closed: state.closed,
        balance: account.balance,
      };
    },
    async touched(payee, fromBlock, toBlock) {
      const ids = new Set<Hex>();
      const events = await endpoints.ask(toBlock, async (one) =>
        getWeirEvents(one, {
          deployment,
          fromBlock: BigInt(fromBlock),
          toBlock: BigInt(toBlock),
          eventNames: EVENTS,
          where: { payee },
        }),
      );
      for (const event of events) {
        if (event.eventName === "Settled") for (const { channelId } of event.args.settlements) ids.add(channelId);
        else ids.add(event.args.channelId);
      }
      return ids;
    },
  };
}

/** Whether a node says that it has no such block, which is an answer. */
function isMissing(error: unknown): boolean {
  return WeirError.is(error) && (error.cause as Error | undefined)?.name === "BlockNotFoundError";
}
