import { formatEther } from "viem";
import { getBalance, getBlockNumber, getGasPrice } from "viem/actions";
import { readEarnings } from "../../chain/index.ts";
import { toWeirError } from "../../chain/internal/toWeirError.ts";
import type { Address } from "../../core/index.ts";
import { settlementGas } from "../../exchange/index.ts";
import type { CommandContext, CommandSpec } from "../commandSpec.ts";
import { chainSettings, openConnection, readDeploymentFile, showTokens, tokensOf } from "../connect.ts";
import { describeError } from "../describeError.ts";
import { addressOfKey } from "../keys.ts";
import { columns } from "../output.ts";
import { isoTime } from "../records/isoTime.ts";
import { readRelayBooks } from "../records/relayBooks.ts";
import { storeSettings, withRecords } from "../storePlace.ts";

/** What the chain says; amounts are base units. */
interface ChainFacts {
  readonly head: number;
  readonly earnings: bigint;
  /** Wei. */
  readonly gasBalance: bigint;
  /** Full batches that it pays for at today's price. */
  readonly settlements: number;
}

/** `weir relay status` */
export const relayStatus: CommandSpec = {
  description:
    "Reads the relay's store and the chain, and changes nothing. At stake is what is receipted and not settled, and what left " +
    "unpaid on the relay's credit. Ends with 1 if no relay runs on the store, or if the chain cannot be read; what is known " +
    "is shown all the same. weir relay doctor says what is wrong.",
  settings: [...chainSettings, "agent.keystore", "agent.passwordFile", "operator.address", ...storeSettings],
  examples: [
    ["weir relay status", "how the relay is doing"],
    ["weir relay status --json", "for monitoring"],
  ],
  async run(context) {
    const deployment = readDeploymentFile(context);
    const agent = await addressOfKey(context, "agent");
    const payee = context.config.get("operator.address") ?? agent;
    const { books, shown } = await withRecords(context, async (records, place) => ({
      books: await readRelayBooks(records, Math.floor(Date.now() / 1_000)),
      shown: place.shown,
    }));
    const chain = await readChain(context, payee, agent);
    const { block, collected, count, orders, running, transactions, unsecured, unsettled } = books;
    const tokens = (amount: bigint): string => tokensOf(amount, deployment);
    const show = (amount: bigint): string => showTokens(amount, deployment);
    const problem = "error" in chain ? chain.error : undefined;
    const facts = "error" in chain ? undefined : chain;
    const behind = facts === undefined || block === undefined ? undefined : Math.max(facts.head - block, 0);
    return {
      ok: running.length > 0 && problem === undefined,
      json: {
        ...{ running: running.length > 0, processes: running, store: shown, payee, agent },
        watchedBlock: block ?? null,
        head: facts?.head ?? null,
        behind: behind ?? null,
        ...count,
        unsettled: { channels: unsettled.channels, value: tokens(unsettled.value) },
        unsecured: { channels: unsecured.channels, bytes: String(unsecured.bytes), value: tokens(unsecured.value) },
        transactions: transactions.map(({ hashes, nonce, sentAt }) => ({ nonce, hash: hashes.at(-1) ?? null, sentAt })),
        orders: orders.length,
        collected: {
          transactions: collected.transactions,
          value: tokens(collected.value),
          cost: tokens(collected.cost),
        },
        withdrawable: facts === undefined ? null : tokens(facts.earnings),
        gas: facts === undefined ? null : { balance: formatEther(facts.gasBalance), settlements: facts.settlements },
        ...(problem === undefined ? {} : { error: problem }),
      },
      lines: columns([
        ["relay", runningText(running)],
        ["store", shown],
        [
          "chain",
          facts === undefined
            ? `cannot be read: ${problem?.message ?? ""}`
            : `block ${facts.head}, ${behind === undefined ? "nothing watched yet" : `${behind} to be looked at`}`,
        ],
        ["sessions", `${count.sessions} open, on ${count.channels} channels`],
        ["unsettled", `${show(unsettled.value)} on ${unsettled.channels} channels`],
        ["unpaid", `${unsecured.bytes} bytes on credit, ${show(unsecured.value)}, on ${unsecured.channels} channels`],
        ["under way", underWayText(books)],
        [
          "collected",
          `${show(collected.value)} by ${collected.transactions} transactions that cost ${show(collected.cost)}`,
        ],
        ["withdrawable", facts === undefined ? "unknown" : show(facts.earnings)],
        [
          "agent's gas",
          facts === undefined
            ? "unknown"
            : `${formatEther(facts.gasBalance)} of the chain's coin, ${facts.settlements} full settlements`,
        ],
      ]),
    };
  },
};

async function readChain(
  context: CommandContext,
  payee: Address,
  agent: Address,
): Promise<ChainFacts | { readonly error: ReturnType<typeof describeError> }> {
  const { client, deployment } = openConnection(context);
  try {
    const [head, { balance: earnings }, gasBalance, gasPrice] = await Promise.all([
      getBlockNumber(client),
      readEarnings(client, { deployment, payee }),
      getBalance(client, { address: agent }),
      getGasPrice(client),
    ]);
    // A price of zero is for chains whose gas is free.
    const cost = settlementGas * (gasPrice > 0n ? gasPrice : 1n);
    return { head: Number(head), earnings, gasBalance, settlements: Number(gasBalance / cost) };
  } catch (error) {
    return { error: describeError(toWeirError(error)) };
  }
}

type Books = Awaited<ReturnType<typeof readRelayBooks>>;

function runningText(running: Books["running"]): string {
  if (running.length === 0) return "does not run";
  const [first] = running;
  if (running.length === 1 && first?.process === undefined) return "runs";
  return running
    .map(({ collects, process = "", since = 0 }) => `${process} since ${isoTime(since)}${collects ? ", collects" : ""}`)
    .join("; ");
}

function underWayText({ orders, transactions }: Books): string {
  const sent = transactions.map(({ hashes, nonce }) => `${nonce}: ${hashes.at(-1) ?? ""}`).join(", ");
  const placed = orders.length === 0 ? "" : `; ${orders.length} orders wait`;
  return `${transactions.length === 0 ? "no transaction" : sent}${placed}`;
}
