import { createClient, custom } from "viem";
import type { Chain, EIP1193RequestFn } from "viem";
import { getBlock } from "viem/actions";
import type { ReadClient } from "../../chain/index.ts";
import { toWeirError } from "../../chain/internal/toWeirError.ts";
import { WeirError } from "../../core/index.ts";
import type { ChainBlock } from "./relayChain.ts";

/** The RPC endpoints of a chain, none of which is believed on its own where there are others. */
export interface Endpoints {
  /**
   * The newest block: of the endpoints that answer in time and can show what they claim, at least half have got there.
   * So one of three that lags or boasts changes nothing; of two, the one that is ahead is right, for the other lags.
   *
   * @throws WeirError `chain-unavailable`
   */
  readonly head: () => Promise<ChainBlock>;
  /**
   * Asks something about a block that `head` gave, or an older one: the endpoints that have it, one after the other, until
   * one answers.
   *
   * @throws WeirError what the last of them failed with
   */
  readonly ask: <Result>(block: number, question: (client: ReadClient) => Promise<Result>) => Promise<Result>;
}

interface Endpoint {
  readonly client: ReadClient;
  /** What it said last, and showed. */
  newest: ShownBlock | undefined;
}

interface ShownBlock extends ChainBlock {
  readonly parent: string;
}

/** Milliseconds after which an endpoint that says nothing is left out this time. */
const PATIENCE_MS = 4_000;

/** The endpoints behind a client: each one of viem's `fallback`, or the client as it is. */
export function openEndpoints(client: ReadClient): Endpoints {
  const endpoints: readonly Endpoint[] = clientsBehind(client).map((single) => ({ client: single, newest: undefined }));
  let survey: Promise<ChainBlock> | undefined;

  const lookAround = async (): Promise<ChainBlock> => {
    const answers = await Promise.allSettled(endpoints.map(async (endpoint) => newestOf(endpoint)));
    const shown = answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
    if (shown.length === 0) throw toWeirError(answers.find(isRejected)?.reason);
    shown.sort((a, b) => b.number - a.number);
    const { number, hash, time } = shown[Math.ceil(shown.length / 2) - 1] as ShownBlock;
    return { number, hash, time };
  };

  return {
    // Whoever asks while an answer is on its way gets the same one.
    head: async () =>
      (survey ??= lookAround().finally(() => {
        survey = undefined;
      })),
    async ask(block, question) {
      let failure: unknown;
      const having = endpoints.filter(({ newest }) => newest !== undefined && newest.number >= block);
      for (const { client: single } of having) {
        try {
          return await question(single);
        } catch (error) {
          failure = error;
        }
      }
      throw failure === undefined
        ? new WeirError("chain-unavailable", `no RPC endpoint has block ${String(block)}`)
        : toWeirError(failure);
    },
  };
}

/** One client for each endpoint of a client. */
export function clientsBehind(client: ReadClient): readonly ReadClient[] {
  const { transports } = client.transport as { readonly transports?: readonly { request: EIP1193RequestFn }[] };
  if (client.transport.type !== "fallback" || transports === undefined) return [client];
  const chain: Chain | undefined = client.chain;
  return transports.map(({ request }) =>
    // What has another endpoint to turn to need not ask the same one again.
    createClient({ ...(chain === undefined ? {} : { chain }), transport: custom({ request }, { retryCount: 0 }) }),
  );
}

/**
 * The newest block of an endpoint, with its parent, if that is not known: a block that the endpoint made up has none.
 *
 * @throws WeirError `chain-unavailable`
 */
async function newestOf(endpoint: Endpoint): Promise<ShownBlock> {
  const { client, newest: before } = endpoint;
  try {
    const claimed = await inTime(blockAt(client));
    const isKnown = claimed.hash === before?.hash || claimed.parent === before?.hash || claimed.number === 0;
    if (!isKnown && (await inTime(blockAt(client, claimed.number - 1))).hash !== claimed.parent) {
      throw new WeirError("chain-unavailable", `an RPC endpoint cannot show its block ${String(claimed.number)}`);
    }
    endpoint.newest = claimed;
    return claimed;
  } catch (error) {
    endpoint.newest = undefined;
    throw error;
  }
}

async function blockAt(client: ReadClient, number?: number): Promise<ShownBlock> {
  const block = await getBlock(client, number === undefined ? {} : { blockNumber: BigInt(number) });
  return { number: Number(block.number), hash: block.hash, parent: block.parentHash, time: Number(block.timestamp) };
}

async function inTime<Result>(answer: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new WeirError("chain-unavailable", "an RPC endpoint does not answer in time"));
    }, PATIENCE_MS);
  });
  try {
    return await Promise.race([answer, patience]);
  } finally {
    clearTimeout(timer);
  }
}

function isRejected(answer: PromiseSettledResult<unknown>): answer is PromiseRejectedResult {
  return answer.status === "rejected";
}
