import type { AbiEvent } from "viem";
import { getBlockNumber } from "viem/actions";
import { formatLog, numberToHex, pad, toEventSelector } from "viem/utils";
import type { Deployment } from "../core/deployment.ts";
import type { Address, Hex } from "../core/hex.ts";
import type { ReadClient } from "./clients.ts";
import { decodeEvents } from "./decodeEvents.ts";
import type { MinedLog, WeirEvent, WeirEventName } from "./events.ts";
import { eventSources } from "./internal/eventSources.ts";
import { toWeirError } from "./internal/toWeirError.ts";

/** Indexed arguments that events must have, with these values. Events without such an argument are left out. */
export interface EventFilter {
  readonly channelId?: Hex | undefined;
  readonly signer?: Address | undefined;
  readonly payee?: Address | undefined;
  readonly owner?: Address | undefined;
  readonly operator?: Address | undefined;
  readonly agent?: Address | undefined;
  readonly delegator?: Address | undefined;
  /** Whose stake is unbonding: an operator's own, or a delegator's. */
  readonly holder?: Address | undefined;
  readonly reporter?: Address | undefined;
  /** To whom rewards belong. */
  readonly account?: Address | undefined;
  readonly commitment?: Hex | undefined;
}

/** Options of `getWeirEvents`. */
export interface GetWeirEventsOptions<Name extends WeirEventName = WeirEventName> {
  readonly deployment: Deployment;
  /** Default: the block in which the deployment began. */
  readonly fromBlock?: bigint | undefined;
  /** The last block, inclusive. Default: the latest. */
  readonly toBlock?: bigint | undefined;
  /** Default: all. */
  readonly eventNames?: readonly Name[] | undefined;
  readonly where?: EventFilter | undefined;
  /** Nodes refuse ranges that are too long. Default 10,000. */
  readonly blocksPerRequest?: bigint | undefined;
}

type Topics = readonly (Hex | readonly Hex[] | null)[];

/**
 * The events of a deployment's contracts in a range of blocks, decoded, in the order of the chain. It asks once; whoever
 * follows the chain asks again from the block after the last, and minds reorganisations.
 *
 * @throws WeirError `chain-unavailable`
 * @example
 * const settled = await getWeirEvents(client, { deployment, fromBlock, eventNames: ["Settled"], where: { payee } });
 */
export async function getWeirEvents<const Name extends WeirEventName = WeirEventName>(
  client: ReadClient,
  options: GetWeirEventsOptions<Name>,
): Promise<readonly WeirEvent<Name>[]> {
  const { blocksPerRequest = 10_000n, deployment } = options;
  const { deliveryDisputes, operatorRegistry, paymentChannels, rewardsDistributor, stakeManager } = deployment;
  const contracts = [paymentChannels, operatorRegistry, stakeManager, rewardsDistributor, deliveryDisputes];
  const began = BigInt(Math.min(...contracts.map(({ deployedAt }) => deployedAt)));
  const { fromBlock = began } = options;
  const wanted = topicsOf(options);
  const logs: MinedLog[] = [];
  try {
    const { toBlock = await getBlockNumber(client, { cacheTime: 0 }) } = options;
    for (let first = fromBlock; first <= toBlock; first += blocksPerRequest) {
      const end = first + blocksPerRequest - 1n;
      const range = { fromBlock: numberToHex(first), toBlock: numberToHex(end < toBlock ? end : toBlock) };
      const address = contracts.map((contract) => contract.address);
      const pages = await Promise.all(
        wanted.map(async (topics) =>
          client.request({ method: "eth_getLogs", params: [{ address, topics: topics as Hex[], ...range }] }),
        ),
      );
      logs.push(...pages.flat().map((log) => formatLog(log) as MinedLog));
    }
  } catch (error) {
    throw toWeirError(error);
  }
  logs.sort((a, b) =>
    a.blockNumber === b.blockNumber ? a.logIndex - b.logIndex : a.blockNumber < b.blockNumber ? -1 : 1,
  );
  return decodeEvents(logs, { deployment }) as readonly WeirEvent<Name>[];
}

/** One list of topics for each place at which the wanted events hold the filtered arguments. */
function topicsOf({ deployment, eventNames, where = {} }: GetWeirEventsOptions): readonly Topics[] {
  const filter = Object.entries(where).filter((entry): entry is [string, Hex] => entry[1] !== undefined);
  const events = eventSources(deployment)
    .flatMap(({ abi }) => abi.filter((item) => item.type === "event"))
    .filter(({ name }) => eventNames?.some((wanted) => wanted === name) ?? true);
  const selectorsByArguments = new Map<string, Hex[]>();
  for (const event of events) {
    const places = argumentTopics(event, filter);
    if (places === undefined) continue;
    const key = JSON.stringify(places);
    selectorsByArguments.set(key, [...(selectorsByArguments.get(key) ?? []), toEventSelector(event)]);
  }
  return [...selectorsByArguments].map(([key, selectors]) => [[...new Set(selectors)], ...(JSON.parse(key) as Topics)]);
}

/** The topics behind the selector; undefined if the event lacks a filtered argument. */
function argumentTopics(event: AbiEvent, filter: readonly (readonly [string, Hex])[]): Topics | undefined {
  const indexed = event.inputs.filter((input) => input.indexed === true).map(({ name }) => name);
  if (filter.some(([name]) => !indexed.includes(name))) return undefined;
  const topics = indexed.map((name) => filter.find(([filtered]) => filtered === name)?.[1]);
  const last = topics.findLastIndex((topic) => topic !== undefined);
  return topics.slice(0, last + 1).map((topic) => (topic === undefined ? null : pad(topic, { size: 32 })));
}
