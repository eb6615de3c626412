import { zeroAddress } from "viem";
import { readIsRegistered, readOperator, readOperatorStake, readPendingBeneficiary } from "../../chain/index.ts";
import type { CommandSpec } from "../commandSpec.ts";
import { chainSettings, connect, showTokens, tokensOf } from "../connect.ts";
import { operatorOf, showPercent, showTime } from "../operator.ts";
import { columns } from "../output.ts";

/** `weir operator show` */
export const operatorShow: CommandSpec = {
  description:
    "Shows an operator's entry: URL, region, price, agent, who receives the earnings, and whether it counts as active. The " +
    "operator is the one of the settings, else the wallet. Needs no password. Ends with 1 if it is not registered.",
  settings: [...chainSettings, "operator.address", "wallet.keystore", "wallet.passwordFile"],
  examples: [["weir operator show --operator 0x… --json", "any operator's entry, for a script"]],
  async run(context) {
    const { client, deployment } = await connect(context);
    const operator = await operatorOf(context);
    if (!(await readIsRegistered(client, { deployment, operator }))) {
      return { ok: false, json: { operator, registered: false }, lines: [`${operator} is not registered`] };
    }
    const [record, pending, stake] = await Promise.all([
      readOperator(client, { deployment, operator }),
      readPendingBeneficiary(client, { deployment, operator }),
      readOperatorStake(client, { deployment, operator }),
    ]);
    const { agent, beneficiary, listing } = record;
    const payout = beneficiary === zeroAddress ? operator : beneficiary;
    const effectiveAt = pending === undefined ? undefined : showTime(Number(pending.effectiveAt));
    return {
      json: {
        ...{ operator, registered: true, active: stake.active, agent: agent === zeroAddress ? null : agent },
        ...{ beneficiary: payout, url: listing.endpoint, region: listing.region, metadata: listing.metadataURI },
        pricePerGiB: tokensOf(listing.pricePerGiB, deployment),
        commissionPercent: stake.commissionBps / 100,
        pendingBeneficiary: pending === undefined ? null : { address: pending.beneficiary, effectiveAt },
      },
      lines: columns([
        ["operator", `${operator}, ${stake.active ? "active" : "not active: too little stake, or no agent"}`],
        ["relay", listing.endpoint],
        ["region", listing.region],
        ["price", `${showTokens(listing.pricePerGiB, deployment)} per GiB`],
        ["agent", agent === zeroAddress ? "none" : agent],
        ["earnings to", payout],
        ["commission", showPercent(stake.commissionBps)],
        ...(pending === undefined ? [] : [["from then", `${pending.beneficiary}, ${String(effectiveAt)}`] as const]),
      ]),
    };
  },
};
