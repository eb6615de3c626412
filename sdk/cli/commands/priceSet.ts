import { readOperator, updateListingCall, updateListingSync } from "../../chain/index.ts";
import { sendOptions } from "../commandSpec.ts";
import type { CommandSpec } from "../commandSpec.ts";
import { chainSettings, parseTokens, showTokens, tokensOf } from "../connect.ts";
import { assertOperator } from "../operator.ts";
import { step, transact } from "../transact.ts";

/** `weir price set` */
export const priceSet: CommandSpec = {
  description:
    "Advertises another price per GiB in the registry. The relay itself asks for relay.pricePerGiB: change it there, too, " +
    "and restart the relay. Channels that are open keep the price that they were opened at.",
  settings: [...chainSettings, "wallet.keystore", "wallet.passwordFile"],
  options: sendOptions,
  examples: [["weir price set 0.008", "cheaper from now on"]],
  run: async (context) =>
    transact(context, async ({ client, deployment, sender }) => {
      assertOperator(context, sender);
      const pricePerGiB = parseTokens(context.args[0] ?? "", deployment, "the price");
      const { listing } = await readOperator(client, { deployment, operator: sender });
      const options = { deployment, listing: { ...listing, pricePerGiB } };
      const title = `price ${showTokens(listing.pricePerGiB, deployment)} to ${showTokens(pricePerGiB, deployment)}`;
      const isSame = listing.pricePerGiB === pricePerGiB;
      return {
        steps: isSame ? [] : [step(title, updateListingCall, updateListingSync, options)],
        outcome: () => ({ operator: sender, pricePerGiB: tokensOf(pricePerGiB, deployment) }),
      };
    }),
};
