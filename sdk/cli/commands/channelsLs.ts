import { CliError } from "../cliError.ts";
import type { CommandContext, CommandSpec } from "../commandSpec.ts";
import { readDeploymentFile } from "../connect.ts";
import type { ChannelsQuery } from "../../relay/index.ts";
import { channelArgument, countOption } from "../records/channelArgument.ts";
import { channelFacts } from "../records/channelFacts.ts";
import { writeList } from "../records/writeList.ts";
import type { ListRow } from "../records/writeList.ts";
import { storeSettings, withRecords } from "../storePlace.ts";

const FILTERS = ["open", "unsettled", "closing"] as const;

const HEAD = `${"channel".padEnd(66)}  ${"state".padEnd(7)}  ${"acknowledged bytes".padStart(18)}  unsettled`;

/** `weir channels ls` */
export const channelsLs: CommandSpec = {
  description:
    "Reads the relay's database, whether it runs or not, and asks no chain: deposits and settlements are what the relay saw " +
    "last. Channels come in the order of their ids as they are read, so any number of them takes no more memory than a few.",
  settings: ["chain.deployment", ...storeSettings],
  options: [
    { flag: "open", about: "those with a session" },
    { flag: "unsettled", about: "those with receipts that were not settled" },
    { flag: "closing", about: "those that their payer asked to close, or that the relay is closing" },
    { flag: "limit", placeholder: "<number>", about: "most channels; all if left out" },
    { flag: "after", placeholder: "<id>", about: "begin after this channel" },
  ],
  examples: [
    ["weir channels ls --unsettled", "what there is to settle"],
    ["weir channels ls --limit 100 --after 0x… --json", "the next page, for a script"],
  ],
  async run(context) {
    const deployment = readDeploymentFile(context);
    const query = queryOf(context);
    const count = await withRecords(context, async (records) => {
      async function* rows(): AsyncGenerator<ListRow, undefined> {
        for await (const { state } of records.channels(query)) {
          const facts = channelFacts(state, deployment);
          const { acknowledgedBytes, id, unsettled } = facts;
          const line = `${id}  ${facts.state.padEnd(7)}  ${acknowledgedBytes.padStart(18)}  ${unsettled}`;
          yield { json: facts, line };
        }
      }
      return writeList(context, { name: "channels", head: `${HEAD} ${deployment.token.symbol}` }, rows());
    });
    return { lines: count === 0 ? ["there are none"] : [] };
  },
};

function queryOf(context: CommandContext): ChannelsQuery {
  const chosen = FILTERS.filter((flag) => context.isOn(flag));
  const [which] = chosen;
  if (chosen.length > 1) {
    throw new CliError("usage", `${chosen.map((flag) => `--${flag}`).join(" and ")} do not go together`, "Choose one.");
  }
  const limit = countOption(context, "limit");
  const after = context.option("after");
  return {
    ...(which === undefined ? {} : { which }),
    ...(limit === undefined ? {} : { limit }),
    ...(after === undefined ? {} : { after: channelArgument(after) }),
  };
}
