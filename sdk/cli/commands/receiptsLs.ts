import type { CommandSpec } from "../commandSpec.ts";
import { readDeploymentFile } from "../connect.ts";
import { readChannelArgument } from "../records/channelArgument.ts";
import { receiptFacts } from "../records/receiptFacts.ts";
import { writeList } from "../records/writeList.ts";
import type { ListRow } from "../records/writeList.ts";
import { storeSettings, withRecords } from "../storePlace.ts";

/** `weir receipts ls` */
export const receiptsLs: CommandSpec = {
  description:
    "Lists what the relay acknowledged on a channel, receipt by receipt, in the order of their totals. A receipt that a " +
    "viewer brought along when it opened a session again has no row: weir channels show has its total.",
  settings: ["chain.deployment", ...storeSettings],
  examples: [["weir receipts ls 0x…", "what a viewer paid for, step by step"]],
  async run(context) {
    const deployment = readDeploymentFile(context);
    const { symbol } = deployment.token;
    const count = await withRecords(context, async (records) => {
      const { state } = await readChannelArgument(records, context.args[0] ?? "");
      async function* rows(): AsyncGenerator<ListRow, undefined> {
        let number = 0;
        for await (const step of records.receipts(state.id)) {
          const facts = receiptFacts(state, ++number, step, deployment);
          const { bytes, deliveredBytes, segments, value } = facts;
          const line = `${String(number).padStart(7)}  ${bytes.padStart(14)}  ${deliveredBytes.padStart(16)}  ${String(segments).padStart(8)}  ${value}`;
          yield { json: facts, line };
        }
      }
      const head = `receipt  ${"bytes".padStart(14)}  ${"total".padStart(16)}  segments  ${symbol}`;
      return writeList(context, { name: "receipts", head }, rows());
    });
    return { lines: count === 0 ? ["there are none"] : [] };
  },
};
