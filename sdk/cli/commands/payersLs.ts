import type { CommandSpec } from "../commandSpec.ts";
import { isoTime } from "../records/isoTime.ts";
import { storeSettings, withRecords } from "../storePlace.ts";

/** `weir payers ls` */
export const payersLs: CommandSpec = {
  description: "Lists every payer that weir payers deny keeps out, the latest first.",
  settings: storeSettings,
  examples: [["weir payers ls --json", "for a script"]],
  async run(context) {
    const denied = await withRecords(context, async (records) => records.denied());
    return {
      json: { denied },
      lines:
        denied.length === 0
          ? ["nobody is denied"]
          : denied.map(({ at, note, signer }) => `${signer}  ${isoTime(at)}  ${note}`.trimEnd()),
    };
  },
};
