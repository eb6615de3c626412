import { isHex } from "../../core/index.ts";
import type { Address } from "../../core/index.ts";
import { CliError } from "../cliError.ts";
import type { CommandSpec } from "../commandSpec.ts";
import { storeSettings, withRecords } from "../storePlace.ts";

/** What keeping a payer out can do, for the help of the commands that do it. */
export const DENYING =
  "A relay knows a payer by its session key, the signer of its channels: a payer can make another key, at the cost of a " +
  "new deposit or of moving the old one. This stops a program that misbehaves, not a person who wants to watch; what a " +
  "stranger can take unpaid is bounded by the relay's credit anyway.";

/** `weir payers deny` */
export const payersDeny: CommandSpec = {
  description:
    "Writes the payer down beside the relay, whether it runs or not. It opens no session for that payer from then on, and " +
    "ends those that are open within a minute; what was receipted is settled, and receipts for what was sent are taken. " +
    DENYING,
  settings: storeSettings,
  options: [{ flag: "note", placeholder: "<text>", about: "why, for whoever looks later" }],
  examples: [["weir payers deny 0x… --note 'takes and never pays'", "keeps a session key out"]],
  async run(context) {
    const signer = payerArgument(context.args[0]);
    const note = context.option("note") ?? "";
    await withRecords(context, async (records) => records.deny({ signer, note, at: Math.floor(Date.now() / 1_000) }));
    return { json: { denied: signer, note }, lines: [`${signer} is denied`] };
  },
};

/** A payer as it was typed. @throws CliError `usage` */
export function payerArgument(typed = ""): Address {
  if (isHex(typed, 20)) return typed.toLowerCase() as Address;
  throw new CliError("usage", `${typed} is no address`, "An address is 0x and 40 hexadecimal digits.");
}
