import { sendOptions } from "../commandSpec.ts";
import type { CommandSpec } from "../commandSpec.ts";
import { chainSettings } from "../connect.ts";
import { withdrawPlan } from "../stakeSteps.ts";
import { transact } from "../transact.ts";

/** `weir stake withdraw` */
export const stakeWithdraw: CommandSpec = {
  description:
    "Pays out what the wallet unbonded of its own stake, once the unbonding period is over: to the beneficiary, if the " +
    "operator has one, else to the wallet. Does nothing, and says until when, if it is too early.",
  settings: [...chainSettings, "wallet.keystore", "wallet.passwordFile"],
  options: sendOptions,
  examples: [["weir stake withdraw --yes", "everything whose time has come"]],
  run: async (context) => transact(context, async (sending) => withdrawPlan(sending, true, context.args[0])),
};
