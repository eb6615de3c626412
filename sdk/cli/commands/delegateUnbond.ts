import { sendOptions } from "../commandSpec.ts";
import type { CommandSpec } from "../commandSpec.ts";
import { chainSettings } from "../connect.ts";
import { unbondPlan } from "../stakeSteps.ts";
import { transact } from "../transact.ts";

/** `weir delegate unbond` */
export const delegateUnbond: CommandSpec = {
  description:
    "Begins to take out what the wallet delegated to an operator. From then on it earns nothing, can still be slashed with " +
    "that operator, and can be withdrawn after the unbonding period.",
  settings: [...chainSettings, "wallet.keystore", "wallet.passwordFile", "operator.address"],
  options: sendOptions,
  examples: [["weir delegate unbond all --operator 0x…", "leave this operator"]],
  run: async (context) =>
    transact(context, async (sending) =>
      unbondPlan(sending, context.config.require("operator.address"), context.args[0] ?? ""),
    ),
};
