import { delegateCall, delegateSync, readOperatorStake } from "../../chain/index.ts";
import { sendOptions } from "../commandSpec.ts";
import type { CommandSpec } from "../commandSpec.ts";
import { chainSettings, parseTokens, showTokens, tokensOf } from "../connect.ts";
import { parsePercent, showPercent } from "../operator.ts";
import { approvalSteps } from "../stakeSteps.ts";
import { step, transact } from "../transact.ts";

/** `weir delegate add` */
export const delegateAdd: CommandSpec = {
  description:
    "Delegates the wallet's tokens to an active operator. They earn a part of that operator's fees, less its commission, " +
    "and compound by themselves. If the operator is slashed beyond its own stake, delegators lose their part: look at the " +
    "stake status first. Refused if the commission is above --max-commission, by default what it is now.",
  settings: [...chainSettings, "wallet.keystore", "wallet.passwordFile", "operator.address"],
  options: [
    ...sendOptions,
    {
      flag: "max-commission",
      placeholder: "<percent>",
      about: "refuse if the operator keeps more; the present commission",
    },
  ],
  examples: [["weir delegate add 500 --operator 0x… --max-commission 10", "at most 10% of the rewards stay there"]],
  run: async (context) =>
    transact(context, async (sending) => {
      const { client, deployment } = sending;
      const operator = context.config.require("operator.address");
      const amount = parseTokens(context.args[0] ?? "", deployment, "the amount");
      const stake = await readOperatorStake(client, { deployment, operator });
      const limit = context.option("max-commission");
      const maxCommissionBps = limit === undefined ? stake.commissionBps : parsePercent(limit, "max-commission");
      const options = { deployment, operator, amount, maxCommissionBps };
      const title = `delegate ${showTokens(amount, deployment)}`;
      return {
        steps: [...(await approvalSteps(sending, amount)), step(title, delegateCall, delegateSync, options)],
        facts: [
          ["operator", operator],
          ["loses first", `${showTokens(stake.own + stake.ownUnbonding, deployment)} of its own`],
          ["commission", `${showPercent(stake.commissionBps)}, at most ${showPercent(maxCommissionBps)}`],
        ],
        outcome: () => ({ operator, delegated: tokensOf(amount, deployment) }),
      };
    }),
};
