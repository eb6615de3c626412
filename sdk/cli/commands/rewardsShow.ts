import {
  readDistributedIn,
  readEpoch,
  readPendingRewards,
  readRewards,
  readStakeParameters,
} from "../../chain/index.ts";
import type { CommandSpec } from "../commandSpec.ts";
import { chainSettings, connect, showTokens, tokensOf } from "../connect.ts";
import { operatorOf, showTime } from "../operator.ts";
import { columns } from "../output.ts";

/** `weir rewards show` */
export const rewardsShow: CommandSpec = {
  description:
    "Shows what distributing an operator's fees would bring now, whether this epoch's distribution was made, and what can be " +
    "claimed. The operator is the one of the settings, else the wallet. Needs no password.",
  settings: [...chainSettings, "operator.address", "wallet.keystore", "wallet.passwordFile"],
  examples: [["weir rewards show --json", "for a timer that distributes when it pays"]],
  async run(context) {
    const { client, deployment } = await connect(context);
    const operator = await operatorOf(context);
    const [pending, claimable, epoch, distributedIn, { epochLength }] = await Promise.all([
      readPendingRewards(client, { deployment, operator }),
      readRewards(client, { deployment, account: operator }),
      readEpoch(client, { deployment }),
      readDistributedIn(client, { deployment, operator }),
      readStakeParameters(client, { deployment }),
    ]);
    const done = distributedIn === epoch;
    const nextEpoch = showTime((Number(epoch) + 1) * epochLength);
    return {
      json: {
        ...{ operator, epoch, nextEpoch, distributedThisEpoch: done },
        ...{ fees: tokensOf(pending.fees, deployment), rewards: tokensOf(pending.rewards, deployment) },
        claimable: tokensOf(claimable, deployment),
      },
      lines: columns([
        ["operator", operator],
        ["fees", showTokens(pending.fees, deployment)],
        ["to the stake", `${showTokens(pending.rewards, deployment)} if distributed now`],
        ["this epoch", done ? "distributed" : "not distributed yet"],
        ["next epoch", nextEpoch],
        ["claimable", showTokens(claimable, deployment)],
      ]),
    };
  },
};
