import { readBeneficiary, readEpoch, readOperatorStake, readStakeParameters } from "../../chain/index.ts";
import type { CommandSpec } from "../commandSpec.ts";
import { chainSettings, connect, showTokens, tokensOf } from "../connect.ts";
import { operatorOf, showPercent, showTime, unbondingsOf } from "../operator.ts";
import { columns } from "../output.ts";

/** `weir stake status` */
export const stakeStatus: CommandSpec = {
  description:
    "Shows an operator's own and delegated stake, what is on its way out and when it can be withdrawn, and what the next " +
    "rewards count. The operator is the one of the settings, else the wallet. Needs no password.",
  settings: [...chainSettings, "operator.address", "wallet.keystore", "wallet.passwordFile"],
  examples: [["weir stake status --operator 0x…", "is this operator worth delegating to?"]],
  async run(context) {
    const connection = await connect(context);
    const { client, deployment } = connection;
    const operator = await operatorOf(context);
    const [stake, parameters, epoch, unbondings, beneficiary] = await Promise.all([
      readOperatorStake(client, { deployment, operator }),
      readStakeParameters(client, { deployment }),
      readEpoch(client, { deployment }),
      unbondingsOf(connection, operator, true),
      readBeneficiary(client, { deployment, operator }),
    ]);
    const tokens = (amount: bigint): string => tokensOf(amount, deployment);
    const show = (amount: bigint): string => showTokens(amount, deployment);
    return {
      json: {
        ...{ operator, active: stake.active, commissionPercent: stake.commissionBps / 100, beneficiary },
        ...{ own: tokens(stake.own), ownUnbonding: tokens(stake.ownUnbonding), delegated: tokens(stake.delegated) },
        ...{ delegatedUnbonding: tokens(stake.delegatedUnbonding), delegationRoom: tokens(stake.delegationRoom) },
        ...{ rewardable: tokens(stake.rewardable), minSelfStake: tokens(parameters.minSelfStake) },
        ...{ slashAmount: tokens(parameters.slashAmount), epoch, epochSeconds: parameters.epochLength },
        unbondingSeconds: parameters.unbondingPeriod,
        unbondings: unbondings.map(({ amount, endsAt, index }) => ({
          ...{ number: Number(index), amount: tokens(amount), withdrawableFrom: showTime(endsAt) },
        })),
      },
      lines: columns([
        [
          "operator",
          `${operator}, ${stake.active ? "active" : `not active; the least own stake is ${show(parameters.minSelfStake)}`}`,
        ],
        ["own", `${show(stake.own)}, and ${show(stake.ownUnbonding)} on its way out`],
        ["delegated", `${show(stake.delegated)}, and ${show(stake.delegatedUnbonding)} on its way out`],
        ["room", `${show(stake.delegationRoom)} more can be delegated`],
        ["rewards count", show(stake.rewardable)],
        ["commission", showPercent(stake.commissionBps)],
        ...unbondings.map(({ amount, endsAt, index }) => {
          return [`unbonding ${String(index)}`, `${show(amount)}, from ${showTime(endsAt)}`] as const;
        }),
      ]),
    };
  },
};
