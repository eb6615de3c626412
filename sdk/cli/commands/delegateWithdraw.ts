import { sendOptions } from "../commandSpec.ts";
import type { CommandSpec } from "../commandSpec.ts";
import { chainSettings } from "../connect.ts";
import { withdrawPlan } from "../stakeSteps.ts";
import { transact } from "../transact.ts";

/** `weir delegate withdraw` */
export const delegateWithdraw: CommandSpec = {
  description:
    "Pays the wallet what it unbonded from operators, once the unbonding period is over. Does nothing, and says until when, " +
    "if it is too early.",
  settings: [...chainSettings, "wallet.keystore", "wallet.passwordFile"],
  options: sendOptions,
  examples: [["weir delegate withdraw --yes", "everything whose time has come, from all operators"]],
  run: async (context) => transact(context, async (sending) => withdrawPlan(sending, false, context.args[0])),
};
