import { zeroAddress } from "viem";
import { readBeneficiary, readEarnings } from "../../chain/index.ts";
import type { CommandSpec } from "../commandSpec.ts";
import { chainSettings, connect, showTokens, tokensOf } from "../connect.ts";
import { operatorOf } from "../operator.ts";
import { columns } from "../output.ts";

/** `weir earnings show` */
export const earningsShow: CommandSpec = {
  description:
    "Shows an operator's settled earnings in the escrow, who receives them, and the fees that wait for distribution. What " +
    "was not settled yet is in the relay's database. The operator is the one of the settings, else the wallet.",
  settings: [...chainSettings, "operator.address", "wallet.keystore", "wallet.passwordFile"],
  examples: [["weir earnings show --json", "for a report"]],
  async run(context) {
    const { client, deployment } = await connect(context);
    const operator = await operatorOf(context);
    const [{ balance, fees, provenBytes }, beneficiary] = await Promise.all([
      readEarnings(client, { deployment, payee: operator }),
      readBeneficiary(client, { deployment, operator }),
    ]);
    const to = beneficiary === zeroAddress ? operator : beneficiary;
    return {
      json: {
        ...{ operator, to, earnings: tokensOf(balance, deployment), fees: tokensOf(fees, deployment) },
        settledBytes: provenBytes,
      },
      lines: columns([
        ["operator", operator],
        ["earnings", showTokens(balance, deployment)],
        ["paid out to", to],
        ["fees", showTokens(fees, deployment)],
        ["settled bytes", String(provenBytes)],
      ]),
    };
  },
};
