import { setTimeout as sleep } from "node:timers/promises";
import { parseAmount } from "../core/index.ts";
import type { Hex } from "../core/index.ts";
import { collectorWallet, openSettler, viemChain } from "../relay/index.ts";
import type {
  CollectionRecord,
  CollectorWallet,
  Order,
  RelayChain,
  RelayRecords,
  RelayTransaction,
  Settler,
} from "../relay/index.ts";
import { CliError } from "./cliError.ts";
import type { CommandContext, CommandResult, OptionSpec } from "./commandSpec.ts";
import { connect, parseTokens, showTokens, tokensOf } from "./connect.ts";
import type { ChainConnection, SigningClient } from "./connect.ts";
import { openKey } from "./keys.ts";
import type { SettingKey } from "./settings.ts";
import { storeSettings, withRecords } from "./storePlace.ts";
import type { StorePlace } from "./storePlace.ts";

/** Settings of everything that collects. */
export const collectingSettings = [
  "chain.rpc",
  "chain.deployment",
  "chain.transactions",
  "chain.confirmations",
  "chain.finality",
  "chain.maxGasPrice",
  "agent.keystore",
  "agent.passwordFile",
  "operator.address",
  "relay.tokenPerEther",
  ...storeSettings,
] as const satisfies readonly SettingKey[];

/** The chain as a relay with these settings sees it. */
export function relayChain({ config }: CommandContext, { client, deployment }: ChainConnection): RelayChain {
  const confirmations = config.require("chain.confirmations");
  return viemChain({ client, deployment, confirmations, finality: config.require("chain.finality") });
}

/** What sends a relay's transactions with these settings. */
export function relayWallet(
  { config }: CommandContext,
  { deployment }: ChainConnection,
  client: SigningClient,
): CollectorWallet {
  const type = config.get("chain.transactions");
  return collectorWallet({ client, deployment, ...(type === undefined ? {} : { type }) });
}

/** The limit on gas prices, in wei per gas, if there is one. @throws CliError `configuration` */
export function gasLimitOf({ config }: CommandContext): { readonly maxGasPrice?: bigint } {
  const text = config.get("chain.maxGasPrice");
  if (text === undefined) return {};
  const maxGasPrice = parseAmount(text, 9);
  if (maxGasPrice > 0n) return { maxGasPrice };
  const cure = `Correct it where it comes from: ${config.sourceOf("chain.maxGasPrice")}; leave it out for no limit.`;
  throw new CliError("configuration", "chain.maxGasPrice must be above zero", cure);
}

/** How long a command waits for what it ordered. */
export const waitOption: OptionSpec = {
  flag: "wait-seconds",
  placeholder: "<number>",
  about: "how long to wait until it is mined; 300",
};

/** What to order: of whoever collects for the relay. */
export type WantedOrder = Pick<Order, "type" | "channel">;

interface CarriedOut {
  readonly collections: readonly CollectionRecord[];
  /** Sent and not mined when the time was over. */
  readonly pending: readonly RelayTransaction[];
  /** Orders that nobody took in time; they are taken back. */
  readonly untaken: number;
}

const LOOK_MS = 250;

/**
 * Has orders carried out: by the relay if one runs on the store, else by collecting here. Waits until that is mined.
 *
 * @throws CliError `failed` if nobody takes them in time; WeirError `chain-unavailable`, `storage-failed`
 */
export async function carryOut(context: CommandContext, wanted: readonly WantedOrder[]): Promise<CommandResult> {
  const end = performance.now() + waitSeconds(context) * 1_000;
  const connection = await connect(context);
  const { deployment } = connection;
  const { collections, pending, untaken } = await withRecords(context, async (records, place) =>
    order(context, { connection, records, place, wanted, end }),
  );
  if (untaken > 0) {
    const cure = "Look into the relay's log: gas may be above chain.maxGasPrice, or the chain may not be reached.";
    throw new CliError("failed", "the order was not carried out in time, and is taken back", cure);
  }
  const show = (amount: bigint): string => showTokens(amount, deployment);
  const lines = collections.map(
    ({ block, closes, cost, gasUsed, settles, value }) =>
      `settled ${show(value)} of ${settles} channels, closed ${closes}: block ${block}, ${gasUsed} gas, about ${show(cost)}`,
  );
  const waiting = pending.map(({ hashes }) => `sent and not mined yet: ${hashes.at(-1) ?? ""}`);
  const all = [...lines, ...waiting];
  return {
    json: {
      collections: collections.map(({ alone, cost, gasPrice, gasUsed, value, ...record }) => ({
        ...record,
        gasUsed: String(gasUsed),
        gasPrice: String(gasPrice),
        cost: tokensOf(cost, deployment),
        alone: tokensOf(alone, deployment),
        value: tokensOf(value, deployment),
      })),
      pending: pending.map(({ nonce, hashes }) => ({ nonce, hash: hashes.at(-1) })),
    },
    lines: all.length === 0 ? ["there is nothing to do"] : all,
    ok: pending.length === 0,
  };
}

interface OrderContext {
  readonly connection: ChainConnection;
  readonly records: RelayRecords;
  readonly place: StorePlace;
  readonly wanted: readonly WantedOrder[];
  /** When to give up, by `performance.now`. */
  readonly end: number;
}

async function order(context: CommandContext, given: OrderContext): Promise<CarriedOut> {
  const { records, wanted, end } = given;
  const firstNonce = await nextNonce(records);
  const ids = new Set<number>();
  let settler: Settler | undefined;
  try {
    for (const each of wanted) ids.add(await records.placeOrder({ ...each, at: Math.floor(Date.now() / 1_000) }));
    for (;;) {
      const left = (await records.orders()).filter(({ id }) => ids.has(id));
      const sent = (await records.transactions()).filter(({ nonce }) => nonce >= firstNonce);
      const pending = sent.filter(({ mined }) => mined === undefined);
      if ((left.length === 0 && pending.length === 0) || performance.now() >= end) {
        return { collections: await ordered(records, firstNonce), pending, untaken: left.length };
      }
      if (settler === undefined && (await records.running()).length === 0) settler = await startSettler(context, given);
      await settler?.round();
      await sleep(LOOK_MS);
    }
  } finally {
    for (const id of ids) await records.removeOrder(id);
    await settler?.stop();
  }
}

async function startSettler(context: CommandContext, { connection, place }: OrderContext): Promise<Settler> {
  const { config } = context;
  const { deployment } = connection;
  const agent = await openKey(context, "agent");
  const tokenPerEther = parseTokens(config.require("relay.tokenPerEther"), deployment, "relay.tokenPerEther");
  return openSettler({
    deployment,
    payee: config.get("operator.address") ?? agent.account.address,
    store: place.openStore(),
    chain: relayChain(context, connection),
    collect: {
      wallet: relayWallet(context, connection, connection.walletOf(agent.account)),
      tokenPerEther,
      ...gasLimitOf(context),
    },
  });
}

/** The lowest nonce that no transaction which is known has. */
async function nextNonce(records: RelayRecords): Promise<number> {
  const known = (await records.transactions()).map(({ nonce }) => nonce);
  for await (const { nonce } of records.collections()) {
    known.push(nonce);
    break;
  }
  return Math.max(-1, ...known) + 1;
}

/** What came of orders since then, the oldest first. */
async function ordered(records: RelayRecords, firstNonce: number): Promise<CollectionRecord[]> {
  const found: CollectionRecord[] = [];
  for await (const record of records.collections()) {
    if (record.nonce < firstNonce) break;
    if (record.reason === "order") found.unshift(record);
  }
  return found;
}

function waitSeconds({ option }: CommandContext): number {
  const typed = option(waitOption.flag) ?? "300";
  if (/^[0-9]{1,6}$/.test(typed)) return Number(typed);
  throw new CliError("usage", `--${waitOption.flag} is no whole number: ${typed}`, "Write digits alone.");
}

/** A channel's id as it was typed. @throws CliError `usage` */
export function channelArgument(text: string): Hex {
  if (/^0x[0-9a-fA-F]{64}$/.test(text)) return text.toLowerCase() as Hex;
  throw new CliError("usage", `not a channel: ${text}`, "Write its id: 0x and 64 hexadecimal digits.");
}
