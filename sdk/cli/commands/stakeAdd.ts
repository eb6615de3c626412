import { stakeCall, stakeSync } from "../../chain/index.ts";
import { sendOptions } from "../commandSpec.ts";
import type { CommandSpec } from "../commandSpec.ts";
import { chainSettings, parseTokens, showTokens, tokensOf } from "../connect.ts";
import { assertOperator } from "../operator.ts";
import { approvalSteps } from "../stakeSteps.ts";
import { step, transact } from "../transact.ts";

/** `weir stake add` */
export const stakeAdd: CommandSpec = {
  description:
    "Stakes the wallet's tokens behind itself. It must be a registered operator. Stake is what you lose if your agent signs " +
    "what is not so; it earns back a part of your own fees, and others can delegate to you once you have any. It comes " +
    "back through unbond and withdraw only. Sends an approval first if the stake manager may not take the amount yet.",
  settings: [...chainSettings, "wallet.keystore", "wallet.passwordFile"],
  options: sendOptions,
  examples: [
    ["weir stake add 1000 --dry-run", "what would it cost?"],
    ["weir stake add 1000 --yes --json", "for a script"],
  ],
  run: async (context) =>
    transact(context, async (sending) => {
      const { deployment, sender } = sending;
      assertOperator(context, sender);
      const amount = parseTokens(context.args[0] ?? "", deployment, "the amount");
      const title = `stake ${showTokens(amount, deployment)}`;
      return {
        steps: [...(await approvalSteps(sending, amount)), step(title, stakeCall, stakeSync, { deployment, amount })],
        outcome: () => ({ operator: sender, staked: tokensOf(amount, deployment) }),
      };
    }),
};
