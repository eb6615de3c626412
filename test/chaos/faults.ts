import { parseGwei } from "viem/utils";
import { createWalletClient, http } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import type { Stage } from "../helpers/stage.ts";
import type { RpcFault, RpcProxy } from "../helpers/rpcProxy.ts";
import type { FaultyOrigin, OriginFault } from "./faultyOrigin.ts";
import type { RelayIdentity } from "../helpers/killableRelay.ts";

/** What a fault can be done to. */
export interface FaultyWorld {
  readonly stage: Stage;
  readonly identity: RelayIdentity;
  readonly proxies: readonly RpcProxy[];
  readonly origin: FaultyOrigin;
  /** Keeps everybody else's transactions away while it runs. */
  readonly alone: <Result>(task: () => Promise<Result>) => Promise<Result>;
}

/** Something that goes wrong around a relay. */
export interface Fault {
  readonly name: string;
  readonly begin: (world: FaultyWorld) => Promise<void>;
  readonly end: (world: FaultyWorld) => Promise<void>;
  /** More of the environment of the process that is started next. */
  readonly env?: Readonly<Record<string, string>>;
}

const SKEW = new URL("../helpers/skewedClock.mjs", import.meta.url).href;
const HOUR = 3_600;
const SPIKE = parseGwei("5000");
const CALM = parseGwei("1");
/** Blocks that a reorganisation replaces at most. */
const DEEPEST = 4;

/** All faults, the calm between them included. */
export const faults: readonly Fault[] = [
  { name: "none", begin: nothing, end: nothing },
  rpc("RPC down", { down: true }),
  rpc("RPC silent", { stalls: true }),
  rpc("RPC late", { lateMs: 1_500 }),
  rpc("RPC rate-limiting", { retryAfter: 1 }),
  rpc("RPC breaking off", { truncates: true }),
  rpc("RPC behind the head", { headOffset: -3 }),
  rpc("RPC ahead of the head", { headOffset: 5 }),
  rpc("RPC losing transactions", { swallows: true }),
  rpc("RPC wrong about pending transactions", { pendingOffset: -1 }),
  origin("is down"),
  origin("truncates"),
  origin("stalls"),
  origin("lies about length"),
  origin("changes"),
  { name: "nonce used by someone else", begin: useNonce, end: nothing },
  {
    name: "gas price spike",
    begin: async ({ stage }) => setBaseFee(stage, SPIKE),
    end: async ({ stage }) => setBaseFee(stage, CALM),
  },
  { name: "reorganisation", begin: reorganise, end: nothing },
  clock("clock an hour ahead", HOUR),
  clock("clock an hour behind", -HOUR),
];

function rpc(name: string, fault: RpcFault): Fault {
  const set =
    (value: RpcFault) =>
    async ({ proxies }: FaultyWorld): Promise<void> => {
      for (const proxy of proxies) proxy.fault = value;
      return Promise.resolve();
    };
  return { name, begin: set(fault), end: set({}) };
}

function origin(fault: OriginFault): Fault {
  const set =
    (value: OriginFault | undefined) =>
    async (world: FaultyWorld): Promise<void> => {
      world.origin.fault = value;
      return Promise.resolve();
    };
  return { name: `origin ${fault}`, begin: set(fault), end: set(undefined) };
}

function clock(name: string, seconds: number): Fault {
  const env = { NODE_OPTIONS: `--import=${SKEW}`, SKEW_SECONDS: String(seconds) };
  return { name, begin: nothing, end: nothing, env };
}

async function nothing(): Promise<void> {
  return Promise.resolve();
}

/** Sends a transaction of the agent's key that the relay knows nothing of, at a price that nobody outbids. */
async function useNonce({ stage, identity }: FaultyWorld): Promise<void> {
  const account = privateKeyToAccount(identity.key);
  const client = createWalletClient({ account, transport: http(stage.local.anvil.url) });
  await client.sendTransaction({ chain: null, to: account.address, value: 1n });
}

async function setBaseFee({ local }: Stage, baseFeePerGas: bigint): Promise<void> {
  await local.testClient.setNextBlockBaseFeePerGas({ baseFeePerGas });
}

/**
 * Replaces the newest blocks by empty ones, and with them everything that the relay settled there. Only blocks of the relay's
 * own transactions: what others did stays, for nobody but the relay has to do things again.
 */
async function reorganise({ alone, identity, stage }: FaultyWorld): Promise<void> {
  const { publicClient, testClient } = stage.local;
  await alone(async () => {
    const head = await publicClient.getBlockNumber({ cacheTime: 0 });
    let depth = 0;
    for (; depth < DEEPEST; depth++) {
      const { transactions } = await publicClient.getBlock({
        blockNumber: head - BigInt(depth),
        includeTransactions: true,
      });
      // Transactions to the agent itself are those of someone else with its key, which a pool would bring back.
      const isOurs = transactions.every(({ from, to }) => {
        return from.toLowerCase() === identity.address.toLowerCase() && to?.toLowerCase() !== from.toLowerCase();
      });
      if (!isOurs) break;
    }
    if (depth > 0) await testClient.request({ method: "anvil_reorg" as never, params: [depth, []] as never });
  });
}
