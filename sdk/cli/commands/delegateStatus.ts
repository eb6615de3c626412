import { readOperatorStake, readStake } from "../../chain/index.ts";
import type { CommandSpec } from "../commandSpec.ts";
import { chainSettings, connect, showTokens, tokensOf } from "../connect.ts";
import { addressOfKey } from "../keys.ts";
import { showPercent, showTime, unbondingsOf } from "../operator.ts";
import { columns } from "../output.ts";

/** `weir delegate status` */
export const delegateStatus: CommandSpec = {
  description:
    "Shows what the wallet's tokens behind an operator are worth now, rewards and slashes included, and everything that it " +
    "unbonded from any operator. Needs no password.",
  settings: [...chainSettings, "wallet.keystore", "wallet.passwordFile", "operator.address"],
  examples: [["weir delegate status --operator 0x…", "what has it become?"]],
  async run(context) {
    const connection = await connect(context);
    const { client, deployment } = connection;
    const operator = context.config.require("operator.address");
    const holder = await addressOfKey(context, "wallet");
    const [held, stake, unbondings] = await Promise.all([
      readStake(client, { deployment, operator, holder }),
      readOperatorStake(client, { deployment, operator }),
      unbondingsOf(connection, holder, false),
    ]);
    return {
      json: {
        ...{ delegator: holder, operator, amount: tokensOf(held.amount, deployment), shares: held.shares },
        ...{ operatorActive: stake.active, commissionPercent: stake.commissionBps / 100 },
        unbondings: unbondings.map(({ amount, endsAt, index, operator: behind }) => ({
          ...{ number: Number(index), operator: behind, amount: tokensOf(amount, deployment) },
          withdrawableFrom: showTime(endsAt),
        })),
      },
      lines: columns([
        ["delegator", holder],
        ["operator", `${operator}, ${stake.active ? "active" : "not active"}`],
        ["worth now", showTokens(held.amount, deployment)],
        ["commission", showPercent(stake.commissionBps)],
        ...unbondings.map(({ amount, endsAt, index, operator: behind }) => {
          const text = `${showTokens(amount, deployment)} from ${behind}, from ${showTime(endsAt)}`;
          return [`unbonding ${String(index)}`, text] as const;
        }),
      ]),
    };
  },
};
