import type { CommandSpec } from "../commandSpec.ts";
import { storeSettings, withRecords } from "../storePlace.ts";
import { payerArgument } from "./payersDeny.ts";

/** `weir payers allow` */
export const payersAllow: CommandSpec = {
  description: "Takes back weir payers deny, at once. Ends with 0 as well if the payer was not denied.",
  settings: storeSettings,
  examples: [["weir payers allow 0x…", "lets a session key in again"]],
  async run(context) {
    const signer = payerArgument(context.args[0]);
    const wasDenied = await withRecords(context, async (records) => records.allow(signer));
    return {
      json: { allowed: signer, wasDenied },
      lines: [wasDenied ? `${signer} is allowed again` : `${signer} was not denied`],
    };
  },
};
