import { distributeCall, distributeSync, readPendingRewards } from "../../chain/index.ts";
import { sendOptions } from "../commandSpec.ts";
import type { CommandSpec } from "../commandSpec.ts";
import { chainSettings, showTokens, tokensOf } from "../connect.ts";
import { operatorOf } from "../operator.ts";
import { step, transact } from "../transact.ts";

/** `weir rewards distribute` */
export const rewardsDistribute: CommandSpec = {
  description:
    "Distributes the fees that an operator's settlements left in the escrow: a part goes to the stake behind it, over the " +
    "next epoch, the rest to nobody. Anyone may do it, once an epoch, for any operator; while it has no stake that counts, " +
    "only the operator itself may, for then all is lost. Without fees it does nothing.",
  settings: [...chainSettings, "wallet.keystore", "wallet.passwordFile", "operator.address"],
  options: sendOptions,
  examples: [["weir rewards distribute --yes", "once an epoch, from a timer"]],
  run: async (context) =>
    transact(context, async ({ client, deployment }) => {
      const operator = await operatorOf(context);
      const { fees, rewards } = await readPendingRewards(client, { deployment, operator });
      return {
        steps: fees === 0n ? [] : [step("distribute", distributeCall, distributeSync, { deployment, operator })],
        facts: [
          ["operator", operator],
          ["fees", showTokens(fees, deployment)],
          ["to the stake", showTokens(rewards, deployment)],
        ],
        outcome: (events) => {
          const done = events.find((event) => event.eventName === "RewardsDistributed");
          const { fees: taken = 0n, rewards: given = 0n } = done?.args ?? {};
          return { operator, fees: tokensOf(taken, deployment), rewards: tokensOf(given, deployment) };
        },
      };
    }),
};
