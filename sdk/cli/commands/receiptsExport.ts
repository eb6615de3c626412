import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { Readable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import { CliError } from "../cliError.ts";
import type { CommandContext, CommandSpec } from "../commandSpec.ts";
import { readDeploymentFile } from "../connect.ts";
import { namedChannels } from "../records/channelArgument.ts";
import { exportCsv, exportJson } from "../records/exportReceipts.ts";
import { storeSettings, withRecords } from "../storePlace.ts";

/** `weir receipts export` */
export const receiptsExport: CommandSpec = {
  description:
    "CSV has a row for each receipt, with amounts both in base units of the token and in tokens; it opens in any " +
    "spreadsheet. JSON has all that it takes to check a receipt without the relay: the channel's terms, the totals before and " +
    "after, every segment and the signature. Anyone with it can settle: that pays the relay, and nobody else. It tells what " +
    "was watched to whoever knows the streams, so keep it from strangers. Receipts are read as they are written out.",
  settings: ["chain.deployment", ...storeSettings],
  options: [
    { flag: "format", placeholder: "<format>", about: "csv or json; csv if left out" },
    { flag: "out", placeholder: "<file>", about: "where to; standard output if left out. For its owner alone" },
  ],
  examples: [
    ["weir receipts export --out receipts.csv", "for a spreadsheet"],
    ["weir receipts export 0x… --format json", "one channel, for somebody who checks it"],
  ],
  async run(context) {
    const { args, cwd, option } = context;
    const deployment = readDeploymentFile(context);
    const writeOut = formatOf(context);
    const out = option("out");
    if (out === undefined && context.json) {
      throw new CliError("usage", "--json describes what was written to a file: --out is missing", "Add --out <file>.");
    }
    let receipts = 0;
    const target = out === undefined ? undefined : resolve(cwd, out);
    await withRecords(context, async (records) => {
      const text = writeOut(namedChannels(records, args), {
        deployment,
        receiptsOf: records.receipts,
        onReceipt: () => receipts++,
      });
      if (target === undefined) {
        for await (const part of text) await context.output.write(part);
        return;
      }
      // A file of that name is complete, whatever happens here.
      const partial = `${target}.tmp`;
      const file = createWriteStream(partial, { mode: 0o600, flush: true });
      try {
        await pipeline(Readable.from(text), file);
        await finished(file);
        await rename(partial, target);
      } catch (error) {
        await rm(partial, { force: true });
        throw error;
      }
    });
    if (target === undefined) return { lines: [] };
    const shown = relative(cwd, target);
    return { json: { file: target, receipts }, lines: [`${receipts} receipts are in ${shown}`] };
  },
};

function formatOf({ option }: CommandContext): typeof exportCsv {
  const format = option("format") ?? "csv";
  if (format === "csv") return exportCsv;
  if (format === "json") return exportJson;
  throw new CliError("usage", `--format is neither csv nor json: ${format}`, "Choose one of them.");
}
