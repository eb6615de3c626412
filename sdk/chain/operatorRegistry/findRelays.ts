import type { Deployment } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import { relayOrigin } from "../../core/relayOrigin.ts";
import type { ReadClient } from "../clients.ts";
import type { OperatorStake } from "../stakeManager/operatorStake.ts";
import { readOperatorStakes } from "../stakeManager/readOperatorStakes.ts";
import type { OperatorRecord } from "./listing.ts";
import { readOperators } from "./readOperators.ts";

/** Options of `findRelays`. */
export interface FindRelaysOptions {
  readonly deployment: Deployment;
  /** Only relays of this region or a part of it: `eu` finds `eu` and `eu-north`. Upper and lower case are the same. */
  readonly region?: string | undefined;
  /** Only relays that ask for no more, in token base units per GiB. */
  readonly maxPricePerGiB?: bigint | undefined;
  /**
   * Only relays whose operators are active with at least so much stake of their own, in token base units; zero for any
   * active one. Bytes are paid for once they are verified, so stake is no security for a viewer: it is what an operator
   * loses for a delivery that its agent signed falsely.
   */
  readonly minStake?: bigint | undefined;
  /** The most operators to look at, from the beginning of the list. Default 1,000. */
  readonly limit?: bigint | undefined;
  /** Milliseconds for which what was read before will do, stakes included; 0 reads it again. Default 60,000. */
  readonly maxAgeMs?: number | undefined;
}

/** A relay as its operator advertises it. */
export interface FoundRelay {
  readonly operator: Address;
  /** Signs deliveries. */
  readonly agent: Address;
  /** Where it is reached; ready for a viewer's `relays`. */
  readonly origin: string;
  readonly region: string;
  /** Token base units per GiB. */
  readonly pricePerGiB: bigint;
  /** What stands behind the operator; only if `minStake` was asked for. */
  readonly stake?: OperatorStake;
}

interface CachedList {
  readonly readAt: number;
  readonly operators: Promise<readonly OperatorRecord[]>;
  /** Of those that were asked for. They go with the list. */
  readonly stakes: Map<Address, Promise<OperatorStake | undefined>>;
}

const cache = /* @__PURE__ */ new WeakMap<ReadClient, Map<string, CachedList>>();

/**
 * Finds relays in the registry, the cheapest first. Operators without an agent, or whose endpoint is not an origin that a
 * browser may talk to, are left out. What is found are the claims of strangers: a viewer checks the terms that a relay
 * states against its own limits, and pays for verified bytes alone.
 *
 * @throws WeirError `wrong-contract`, `chain-unavailable`
 * @example
 * const found = await findRelays(client, { deployment, region: "eu", maxPricePerGiB });
 * const viewer = createViewer({ ...stream, relays: found.map(({ origin }) => origin) });
 */
export async function findRelays(client: ReadClient, options: FindRelaysOptions): Promise<FoundRelay[]> {
  const { deployment, maxPricePerGiB, minStake, region } = options;
  const list = listOf(client, options);
  const found = (await list.operators)
    .flatMap(toRelay)
    .filter((relay) => region === undefined || isWithin(relay.region.toLowerCase(), region.toLowerCase()))
    .filter(({ pricePerGiB }) => maxPricePerGiB === undefined || pricePerGiB <= maxPricePerGiB)
    .sort((a, b) => (a.pricePerGiB < b.pricePerGiB ? -1 : Number(a.pricePerGiB > b.pricePerGiB)));
  if (minStake === undefined) return found;
  const staked = await withStakes(client, deployment, list, found);
  return staked.filter(({ stake }) => stake.active && stake.own >= minStake);
}

/** The list, read before or being read now. */
function listOf(client: ReadClient, options: FindRelaysOptions): CachedList {
  const { deployment, limit = 1_000n, maxAgeMs = 60_000 } = options;
  const lists = cache.get(client) ?? new Map<string, CachedList>();
  cache.set(client, lists);
  const key = `${deployment.chainId} ${deployment.operatorRegistry.address} ${limit}`;
  const known = lists.get(key);
  if (known !== undefined && performance.now() - known.readAt < maxAgeMs) return known;
  const operators = readOperators(client, { deployment, limit }).then((page) => page.operators);
  const list = { readAt: performance.now(), operators, stakes: new Map<Address, Promise<OperatorStake | undefined>>() };
  lists.set(key, list);
  operators.catch(() => {
    // The next caller tries again.
    if (lists.get(key) === list) lists.delete(key);
  });
  return list;
}
/** Puts to each relay what stands behind its operator. Reads what was not read with this list before. */
async function withStakes(
  client: ReadClient,
  deployment: Deployment,
  { stakes }: CachedList,
  relays: readonly FoundRelay[],
): Promise<(FoundRelay & { readonly stake: OperatorStake })[]> {
  const operators = relays.map(({ operator }) => operator).filter((operator) => !stakes.has(operator));
  const read = readOperatorStakes(client, { deployment, operators });
  for (const [i, operator] of operators.entries()) {
    stakes.set(
      operator,
      read.then((all) => all[i]),
    );
  }
  read.catch(() => {
    // The next caller tries again.
    for (const operator of operators) stakes.delete(operator);
  });
  const staked = await Promise.all(
    relays.map(async (relay) => ({ ...relay, stake: await stakes.get(relay.operator) })),
  );
  return staked.flatMap(({ stake, ...relay }) => (stake === undefined ? [] : [{ ...relay, stake }]));
}

function toRelay({ operator, agent, listing }: OperatorRecord): FoundRelay[] {
  const { endpoint, region, pricePerGiB } = listing;
  const origin = relayOrigin(endpoint);
  return origin === undefined || BigInt(agent) === 0n ? [] : [{ operator, agent, origin, region, pricePerGiB }];
}

function isWithin(region: string, wanted: string): boolean {
  return region === wanted || region.startsWith(`${wanted}-`);
}
