import { readIsRegistered, readOperator } from "../../chain/index.ts";
import type { CommandSpec } from "../commandSpec.ts";
import { chainSettings, connect, parseTokens, showTokens, tokensOf } from "../connect.ts";
import { operatorOf } from "../operator.ts";
import { columns } from "../output.ts";

/** `weir price get` */
export const priceGet: CommandSpec = {
  description:
    "Compares the price per GiB in the registry, by which viewers find the relay, with relay.pricePerGiB, which the relay " +
    "asks for. Ends with 1 if they differ: viewers would come for one price and find another.",
  settings: [...chainSettings, "operator.address", "wallet.keystore", "wallet.passwordFile", "relay.pricePerGiB"],
  examples: [["weir price get", "do they agree?"]],
  async run(context) {
    const { client, deployment } = await connect(context);
    const operator = await operatorOf(context);
    const typed = context.config.get("relay.pricePerGiB");
    const asked = typed === undefined ? undefined : parseTokens(typed, deployment, "relay.pricePerGiB");
    const isRegistered = await readIsRegistered(client, { deployment, operator });
    const advertised = isRegistered
      ? (await readOperator(client, { deployment, operator })).listing.pricePerGiB
      : undefined;
    return {
      ok: asked === undefined || advertised === undefined || asked === advertised,
      json: {
        operator,
        advertised: advertised === undefined ? null : tokensOf(advertised, deployment),
        asked: asked === undefined ? null : tokensOf(asked, deployment),
      },
      lines: columns([
        ["in the registry", advertised === undefined ? "not registered" : showTokens(advertised, deployment)],
        ["relay.pricePerGiB", asked === undefined ? "not set" : showTokens(asked, deployment)],
      ]),
    };
  },
};
