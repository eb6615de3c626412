import { readEarnings, withdrawEarningsCall, withdrawEarningsSync } from "../../chain/index.ts";
import { sendOptions } from "../commandSpec.ts";
import type { CommandSpec } from "../commandSpec.ts";
import { chainSettings, showTokens, tokensOf } from "../connect.ts";
import { operatorOf } from "../operator.ts";
import { step, transact } from "../transact.ts";

/** `weir earnings withdraw` */
export const earningsWithdraw: CommandSpec = {
  description:
    "Pays all of an operator's settled earnings to the beneficiary that it registered, else to the operator. Anyone may send " +
    "it: the money goes nowhere else.",
  settings: [...chainSettings, "wallet.keystore", "wallet.passwordFile", "operator.address"],
  options: sendOptions,
  examples: [["weir earnings withdraw --yes --json", "from a timer"]],
  run: async (context) =>
    transact(context, async ({ client, deployment }) => {
      const payee = await operatorOf(context);
      const { balance } = await readEarnings(client, { deployment, payee });
      const title = `withdraw ${showTokens(balance, deployment)}`;
      return {
        steps: balance === 0n ? [] : [step(title, withdrawEarningsCall, withdrawEarningsSync, { deployment, payee })],
        facts: [["operator", payee]],
        outcome: (events) => {
          const paid = events.find((event) => event.eventName === "EarningsWithdrawn")?.args;
          return { operator: payee, to: paid?.to ?? null, withdrawn: tokensOf(paid?.amount ?? 0n, deployment) };
        },
      };
    }),
};
