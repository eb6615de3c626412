import type { CollectCosts } from "../exchange/index.ts";
import { measuredGas } from "../exchange/index.ts";
import { CliError } from "./cliError.ts";
import type { CommandContext } from "./commandSpec.ts";
import { parseTokens } from "./connect.ts";
import type { Deployment } from "../core/index.ts";
import type { SettingKey } from "./settings.ts";

/** Settings of everything that runs or checks a relay. */
export const relaySettingKeys = [
  "chain.rpc",
  "chain.deployment",
  "chain.transactions",
  "chain.confirmations",
  "agent.keystore",
  "agent.passwordFile",
  "operator.address",
  "relay.publicUrl",
  "relay.listen",
  "relay.database",
  "relay.pricePerGiB",
  "relay.gracePeriod",
  "relay.tokenPerEther",
] as const satisfies readonly SettingKey[];

/** What a relay asks for, in base units. */
export interface RelayPrices {
  readonly pricePerGiB: bigint;
  readonly tokenPerEther: bigint;
  /** For deciding whether a settlement pays; the gas price comes from the chain. */
  readonly costs: Omit<CollectCosts, "gasPrice">;
}

/** The prices that the settings name. @throws CliError `configuration` or `usage` */
export function relayPrices({ config }: CommandContext, deployment: Deployment): RelayPrices {
  const tokens = (key: "relay.pricePerGiB" | "relay.tokenPerEther"): bigint =>
    parseTokens(config.require(key), deployment, key);
  const pricePerGiB = tokens("relay.pricePerGiB");
  if (pricePerGiB === 0n) {
    const cure = `Correct it where it comes from: ${config.sourceOf("relay.pricePerGiB")}. A stream that is free says free = true.`;
    throw new CliError("configuration", "relay.pricePerGiB must be above zero", cure);
  }
  const tokenPerEther = tokens("relay.tokenPerEther");
  const feeBps = BigInt(deployment.feeBps);
  return { pricePerGiB, tokenPerEther, costs: { ...measuredGas, tokenPerEther, feeBps } };
}
