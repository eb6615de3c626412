import { zeroAddress } from "viem";
import { registerCall, registerSync, signAgent } from "../../chain/index.ts";
import { privateKeySigner } from "../../core/index.ts";
import { sendOptions } from "../commandSpec.ts";
import type { CommandSpec } from "../commandSpec.ts";
import { chainSettings, parseTokens, showTokens } from "../connect.ts";
import { openKey } from "../keys.ts";
import { addressOption } from "../addressOption.ts";
import { assertOperator } from "../operator.ts";
import { step, transact } from "../transact.ts";

/** `weir operator register` */
export const operatorRegister: CommandSpec = {
  description:
    "Makes the wallet an operator: viewers find its relay by URL, region and price, and its agent, the relay's hot key, " +
    "signs deliveries and settles for it without ever receiving money. A key can be the agent of one operator only, for " +
    "ever. Earnings go to the wallet, or to --beneficiary, which can be a cold wallet.",
  settings: [
    ...chainSettings,
    "wallet.keystore",
    "wallet.passwordFile",
    "agent.keystore",
    "agent.passwordFile",
    "relay.publicUrl",
    "relay.pricePerGiB",
    "relay.region",
  ],
  options: [
    ...sendOptions,
    { flag: "beneficiary", placeholder: "<address>", about: "who receives the earnings; the wallet if left out" },
    { flag: "metadata", placeholder: "<uri>", about: "further description of the relay" },
  ],
  examples: [
    ["weir operator register --dry-run", "what would it cost?"],
    ["weir operator register --beneficiary 0x… --yes", "earnings to a cold wallet, without a question"],
  ],
  run: async (context) =>
    transact(context, async ({ deployment, sender }) => {
      const { config, option } = context;
      assertOperator(context, sender);
      const listing = {
        pricePerGiB: parseTokens(config.require("relay.pricePerGiB"), deployment, "relay.pricePerGiB"),
        endpoint: config.require("relay.publicUrl"),
        region: config.get("relay.region") ?? "",
        metadataURI: option("metadata") ?? "",
      };
      const beneficiary = addressOption(context, "beneficiary") ?? zeroAddress;
      const { account, key } = await openKey(context, "agent");
      const signature = await signAgent(privateKeySigner(key), { deployment, operator: sender });
      const options = { deployment, listing, beneficiary, agent: account.address, signature };
      return {
        steps: [step("register", registerCall, registerSync, options)],
        facts: [
          ["relay", listing.endpoint],
          ["price", `${showTokens(listing.pricePerGiB, deployment)} per GiB`],
          ["agent", account.address],
          ["earnings to", beneficiary === zeroAddress ? sender : beneficiary],
        ],
        outcome: () => ({ operator: sender, agent: account.address }),
      };
    }),
};
