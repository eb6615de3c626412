import { explainCollection, defaultCollectPolicy, defaultRelayPolicy, measuredGas } from "../../exchange/index.ts";
import type { ExplainedRow, RelayChannel } from "../../exchange/index.ts";
import type { Hex } from "../../core/index.ts";
import { readGasPrice } from "../../relay/index.ts";
import { CliError } from "../cliError.ts";
import { carryOut, channelArgument, collectingSettings, gasLimitOf, waitOption } from "../collecting.ts";
import type { WantedOrder } from "../collecting.ts";
import type { CommandContext, CommandResult, CommandSpec } from "../commandSpec.ts";
import { connect, parseTokens, showTokens, tokensOf } from "../connect.ts";
import { withRecords } from "../storePlace.ts";

/** `weir settle` */
export const settle: CommandSpec = {
  description:
    "A relay settles by itself when that pays; this is for when you want the money now. It settles every channel that " +
    "brings more than its own row costs, or those that --channel names, whatever they cost. If the relay runs, it is told to " +
    "and does it within seconds; if not, this command collects with the agent's key until the transaction is mined. " +
    "chain.maxGasPrice holds here too. --dry-run shows channel by channel what would be settled, what the relay would do by " +
    "itself, and why; it needs no key and changes nothing.",
  settings: collectingSettings,
  options: [
    { flag: "channel", placeholder: "<ids>", about: "these channels alone, separated by commas" },
    { flag: "dry-run", about: "show the plan and send nothing" },
    waitOption,
  ],
  examples: [
    ["weir settle --dry-run", "what would it bring and cost?"],
    ["weir settle --json", "everything that brings more than it costs, for a script"],
  ],
  async run(context) {
    const named = context.option("channel")?.split(",").map(channelArgument);
    if (named !== undefined) await assertKnown(context, named);
    const wanted: readonly WantedOrder[] = named?.map((channel) => ({ type: "settle", channel })) ?? [
      { type: "settle" },
    ];
    return context.isOn("dry-run") ? showPlan(context, wanted) : carryOut(context, wanted);
  },
};

/** @throws CliError `usage` for a channel that the relay does not know */
export async function assertKnown(context: CommandContext, ids: readonly Hex[]): Promise<readonly RelayChannel[]> {
  return withRecords(context, async (records, { shown }) => {
    const states: RelayChannel[] = [];
    for (const id of ids) {
      const record = await records.readChannel(id);
      if (record === undefined)
        throw new CliError("usage", `${shown} has no channel ${id}`, "List them: weir channels ls");
      states.push(record.state);
    }
    return states;
  });
}

async function showPlan(context: CommandContext, wanted: readonly WantedOrder[]): Promise<CommandResult> {
  const { config } = context;
  const { client, deployment } = await connect(context);
  const states = new Map<Hex, RelayChannel>();
  await withRecords(context, async (records) => {
    for await (const { state } of records.channels({ which: "unsettled" })) states.set(state.id, state);
  });
  const named = wanted.flatMap(({ channel }) => (channel === undefined ? [] : [channel]));
  for (const state of await assertKnown(context, named)) states.set(state.id, state);

  const gasPrice = await readGasPrice(client, config.get("chain.transactions"));
  const tokenPerEther = parseTokens(config.require("relay.tokenPerEther"), deployment, "relay.tokenPerEther");
  const env = {
    relay: defaultRelayPolicy,
    policy: defaultCollectPolicy,
    costs: { ...measuredGas, gasPrice, tokenPerEther, feeBps: BigInt(deployment.feeBps) },
    now: Math.floor(Date.now() / 1_000),
  };
  const asked = explainCollection([...states.values()], env, wanted);
  const alone = new Map(explainCollection([...states.values()], env).rows.map((row) => [row.state.id, row]));
  const { maxGasPrice } = gasLimitOf(context);
  const isTooDear = maxGasPrice !== undefined && gasPrice > maxGasPrice;
  const show = (amount: bigint): string => showTokens(amount, deployment);
  const { collection, rows } = asked;
  return {
    json: {
      dryRun: true,
      gasPrice: String(gasPrice),
      waitsForGas: isTooDear,
      value: tokensOf(collection?.value ?? 0n, deployment),
      cost: tokensOf(collection?.cost ?? 0n, deployment),
      rows: rows.map((row) => ({
        channel: row.state.id,
        value: tokensOf(row.value, deployment),
        cost: tokensOf(row.cost, deployment),
        ...{ settle: row.settle, fund: row.fund, why: row.why, byItself: alone.get(row.state.id)?.why },
      })),
    },
    lines: [
      ...rows.map((row) => describeRow(row, alone.get(row.state.id), show)),
      collection === undefined
        ? "nothing would be settled"
        : `would settle ${show(collection.value)} of ${collection.settle.length} channels for about ${show(collection.cost)}`,
      ...(isTooDear ? ["but gas is above chain.maxGasPrice: it would wait until it is cheaper"] : []),
    ],
  };
}

function describeRow(row: ExplainedRow, alone: ExplainedRow | undefined, show: (amount: bigint) => string): string {
  const { state, value, cost, settle: isSettled, why } = row;
  const verdict = isSettled ? "settled" : `left, ${WHY[why]}`;
  const byItself = alone === undefined || !isSettled ? "" : `; by itself the relay: ${WHY[alone.why]}`;
  return `${state.id} brings ${show(value)} for ${show(cost)}: ${verdict}${byItself}`;
}

const WHY: Readonly<Record<ExplainedRow["why"], string>> = {
  worth: "now, because it brings many times its cost",
  "close-pending": "now, because the viewer is closing",
  age: "now, because it has waited long enough",
  exposure: "now, because much lies unsettled",
  credit: "funds it now, so that the viewer can go on",
  finished: "closes it now, because the viewer is done",
  order: "because it was asked for",
  deposit: "sends a wallet's deposit",
  "under-way": "because a transaction is on its way",
  dust: "because its row costs more than it brings",
  waits: "waits until it is worth a transaction",
  full: "with a later transaction",
};
