import { claimRewardsCall, claimRewardsSync, readRewards } from "../../chain/index.ts";
import { sendOptions } from "../commandSpec.ts";
import type { CommandSpec } from "../commandSpec.ts";
import { chainSettings, showTokens, tokensOf } from "../connect.ts";
import { operatorOf } from "../operator.ts";
import { step, transact } from "../transact.ts";

/** `weir rewards claim` */
export const rewardsClaim: CommandSpec = {
  description:
    "Pays the commission that an operator kept of its delegators' rewards, or what a reporter got of a slash, to that " +
    "account's beneficiary if it has one. What stake itself earns is not claimed: it stays with the stake. Anyone may send it.",
  settings: [...chainSettings, "wallet.keystore", "wallet.passwordFile", "operator.address"],
  options: sendOptions,
  examples: [["weir rewards claim --yes", "claim what there is"]],
  run: async (context) =>
    transact(context, async ({ client, deployment }) => {
      const account = await operatorOf(context);
      const amount = await readRewards(client, { deployment, account });
      const title = `claim ${showTokens(amount, deployment)}`;
      return {
        steps: amount === 0n ? [] : [step(title, claimRewardsCall, claimRewardsSync, { deployment, account })],
        facts: [["account", account]],
        outcome: (events) => {
          const claimed = events.find((event) => event.eventName === "RewardsClaimed")?.args;
          return { account, to: claimed?.to ?? null, claimed: tokensOf(claimed?.amount ?? 0n, deployment) };
        },
      };
    }),
};
