import { formatEther } from "viem";
import type { Address, TransactionReceipt } from "viem";
import { estimateFeesPerGas, estimateGas, getGasPrice, simulateBlocks } from "viem/actions";
import { encodeCall } from "../chain/index.ts";
import type { ContractCall, TransactionOverrides, WaitOptions, WeirEvent, WriteClient } from "../chain/index.ts";
import { toWeirError } from "../chain/internal/toWeirError.ts";
import { isSameAddress } from "../core/index.ts";
import type { Deployment, Hex } from "../core/index.ts";
import { CliError } from "./cliError.ts";
import type { CommandContext, CommandResult } from "./commandSpec.ts";
import { connect } from "./connect.ts";
import type { ChainConnection } from "./connect.ts";
import { addressOfKey, openKey } from "./keys.ts";
import { columns } from "./output.ts";
import { askConfirmation } from "./prompts.ts";

/** One transaction of a command. */
export interface Step {
  /** What it does, such as `stake 5 WTT`. */
  readonly title: string;
  readonly call: ContractCall;
  readonly send: (client: WriteClient, options: TransactionOverrides & WaitOptions) => Promise<Sent>;
}

/** What a mined step did. */
interface Sent {
  readonly receipt: TransactionReceipt;
  readonly events?: readonly WeirEvent[];
}

/** What a command is about to send, decided on what the chain says now. */
export interface Plan {
  readonly steps: readonly Step[];
  /** Facts that a person should see before agreeing. */
  readonly facts?: readonly (readonly [string, string])[];
  /** What `--json` states beside the transactions, from the events of all steps. */
  readonly outcome?: (events: readonly WeirEvent[]) => Promise<object> | object;
}

/** What a command that sends is given. */
export interface Sending extends ChainConnection {
  readonly sender: Address;
}

/** A transaction before it is sent. */
interface Estimate {
  readonly title: string;
  /** Absent if the node cannot simulate what depends on the steps before. */
  readonly gas: bigint | undefined;
}

/** One step, from an action of the SDK in its two forms. */
export function step<Options extends { readonly deployment: Deployment }>(
  title: string,
  toCall: (options: Options) => ContractCall,
  act: (client: WriteClient, options: Options & TransactionOverrides & WaitOptions) => Promise<Sent>,
  options: Options,
): Step {
  return { title, call: toCall(options), send: async (client, more) => act(client, { ...options, ...more }) };
}

/**
 * Runs a command that sends transactions from the wallet: plans, simulates, asks, sends one after the other.
 *
 * @param prepare decides what to send; with no steps, there is nothing to do and that is fine
 * @throws CliError `declined`, `usage` if there is nobody to ask; ContractError if a step would revert
 */
export async function transact(
  context: CommandContext,
  prepare: (sending: Sending) => Promise<Plan>,
): Promise<CommandResult> {
  const connection = await connect(context);
  const sender = await addressOfKey(context, "wallet");
  const { facts = [], outcome, steps } = await prepare({ ...connection, sender });
  if (steps.length === 0) {
    const nothing = { sender, transactions: [], ...(await outcome?.([])) };
    return { json: nothing, lines: ["nothing to do", ...columns(facts)] };
  }
  const estimates = await simulate(connection, sender, steps);
  const price = await gasPrice(context, connection);
  const rows = estimates.map(({ gas, title }) => [title, costText(gas, price)] as const);
  const summary = columns([["sender", sender], ...facts, ...rows]);
  if (context.isOn("dry-run")) {
    const transactions = estimates.map(({ gas, title }) => ({
      title,
      ...(gas === undefined ? {} : { gas: Number(gas), cost: formatEther(gas * price) }),
    }));
    return { json: { dryRun: true, sender, transactions }, lines: [...summary, "nothing was sent"] };
  }
  for (const line of summary) context.output.say(line);
  if (!context.isOn("yes")) await askConfirmation("Send?");
  const done = await sendAll(context, connection, sender, steps);
  const said = (await outcome?.(done.flatMap(({ sent }) => sent.events ?? []))) ?? {};
  const transactions = done.map(({ sent: { receipt }, title }) => ({
    title,
    hash: receipt.transactionHash,
    block: Number(receipt.blockNumber),
    gas: Number(receipt.gasUsed),
    cost: formatEther(receipt.gasUsed * receipt.effectiveGasPrice),
  }));
  const lines = transactions.map(({ block, gas, title }) => `${title}: mined in block ${block}, ${gas} gas`);
  const more = columns(Object.entries(said).map(([name, value]) => [name, String(value)] as const));
  return { json: { sender, transactions, ...said }, lines: [...lines, ...more] };
}

async function sendAll(
  context: CommandContext,
  { walletOf }: ChainConnection,
  sender: Address,
  steps: readonly Step[],
): Promise<{ readonly title: string; readonly sent: Sent }[]> {
  const { account } = await openKey(context, "wallet");
  if (!isSameAddress(account.address, sender)) {
    const message = `the keystore says ${sender}, and its key is that of ${account.address}`;
    throw new CliError("key", message, "Correct the address in the file, or import the key again.");
  }
  const client = walletOf(account);
  const { config, output } = context;
  const confirmations = config.get("chain.confirmations");
  const type = config.get("chain.transactions");
  const done: { readonly title: string; readonly sent: Sent }[] = [];
  for (const { send, title } of steps) {
    const onHash = (hash: Hex): void => {
      output.say(`${title}: sent as ${hash}`);
      output.progress("waiting until it is mined");
    };
    done.push({ title, sent: await send(client, { type, confirmations, onHash }) });
  }
  return done;
}

/** What each step takes. Later steps build on earlier ones, so several are simulated together where the node can. */
async function simulate(
  { client }: ChainConnection,
  account: Address,
  steps: readonly Step[],
): Promise<readonly Estimate[]> {
  const [first, ...others] = steps.map(({ call, title }) => ({
    title,
    call,
    to: call.address,
    data: encodeCall(call),
  }));
  if (first === undefined) return [];
  const estimates: Estimate[] = [];
  try {
    estimates.push({ title: first.title, gas: await estimateGas(client, { account, to: first.to, data: first.data }) });
  } catch (error) {
    throw toWeirError(error, first.call);
  }
  if (others.length === 0) return estimates;
  const calls = [first, ...others].map(({ data, to }) => ({ account, to, data }));
  const blocks = await simulateBlocks(client, { blocks: [{ calls }] }).catch(() => {
    // A node without eth_simulateV1: the steps are checked one by one as they are sent.
    return undefined;
  });
  return [first, ...others].map(({ call, title }, i) => {
    const result = blocks?.[0]?.calls[i];
    if (result?.status === "failure") throw toWeirError(result.error, call);
    return { title, gas: result?.gasUsed ?? (i === 0 ? estimates[0]?.gas : undefined) };
  });
}

/** Wei per gas that a transaction would pay at most. */
async function gasPrice({ config }: CommandContext, { client }: ChainConnection): Promise<bigint> {
  try {
    if (config.get("chain.transactions") === "legacy") return await getGasPrice(client);
    return (await estimateFeesPerGas(client)).maxFeePerGas;
  } catch (error) {
    throw toWeirError(error);
  }
}

function costText(gas: bigint | undefined, price: bigint): string {
  if (gas === undefined) return "gas is known once the step before is mined";
  return `${String(gas)} gas, at most ${formatEther(gas * price)} of the chain's coin`;
}
