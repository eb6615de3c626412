import { sendOptions } from "../commandSpec.ts";
import type { CommandSpec } from "../commandSpec.ts";
import { chainSettings } from "../connect.ts";
import { assertOperator } from "../operator.ts";
import { unbondPlan } from "../stakeSteps.ts";
import { transact } from "../transact.ts";

/** `weir stake unbond` */
export const stakeUnbond: CommandSpec = {
  description:
    "Begins to take the wallet's own stake out. From then on it earns nothing, can still be slashed, and can be withdrawn " +
    "after the unbonding period. Below the least stake, an operator is not active any more: it earns no rewards and " +
    "nobody can delegate to it.",
  settings: [...chainSettings, "wallet.keystore", "wallet.passwordFile"],
  options: sendOptions,
  examples: [["weir stake unbond all", "leave altogether"]],
  run: async (context) =>
    transact(context, async (sending) => {
      assertOperator(context, sending.sender);
      return unbondPlan(sending, sending.sender, context.args[0] ?? "");
    }),
};
