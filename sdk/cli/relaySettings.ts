import { parseAmount } from "../core/index.ts";
import type { CollectCosts } from "../exchange/index.ts";
import { measuredGas } from "../exchange/index.ts";
import { CliError } from "./cliError.ts";
import type { CommandContext } from "./commandSpec.ts";
import { parseTokens } from "./connect.ts";
import type { Deployment } from "../core/index.ts";
import type { RelayDepositOptions } from "../relay/index.ts";
import type { SettingKey } from "./settings.ts";

/** Settings of everything that runs or checks a relay. */
export const relaySettingKeys = [
  "chain.rpc",
  "chain.deployment",
  "chain.transactions",
  "chain.confirmations",
  "chain.finality",
  "chain.maxGasPrice",
  "agent.keystore",
  "agent.passwordFile",
  "operator.address",
  "relay.publicUrl",
  "relay.listen",
  "relay.tlsCertificate",
  "relay.tlsKey",
  "relay.accel",
  "relay.database",
  "relay.store",
  "relay.storeFile",
  "relay.storeSchema",
  "relay.pricePerGiB",
  "relay.gracePeriod",
  "relay.tokenPerEther",
  "relay.minDeposit",
  "relay.depositsPerHour",
  "relay.depositsPerAddress",
  "relay.depositGasPerDay",
  "relay.cacheFolder",
  "relay.cacheSize",
  "relay.memory",
  "relay.trustedProxies",
  "relay.maxConnections",
  "relay.connectionsPerAddress",
  "relay.sessionsPerAddress",
  "relay.sessionsPerMinute",
  "relay.receiptsPerSecond",
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

/** Which deposits the settings tell a relay to send for wallets without gas; none unless they name the smallest. */
export function relayDeposits(
  { config }: Pick<CommandContext, "config">,
  deployment: Deployment,
): RelayDepositOptions | undefined {
  const smallest = config.get("relay.minDeposit");
  if (smallest === undefined) return undefined;
  const minAmount = parseTokens(smallest, deployment, "relay.minDeposit");
  const gasPerDay = parseAmount(config.require("relay.depositGasPerDay"), 18);
  for (const [key, amount] of [
    ["relay.minDeposit", minAmount],
    ["relay.depositGasPerDay", gasPerDay],
  ] as const) {
    if (amount > 0n) continue;
    const cure = `Correct it where it comes from: ${config.sourceOf(key)}. Without relay.minDeposit no deposits are sent.`;
    throw new CliError("configuration", `${key} must be above zero`, cure);
  }
  if (!deployment.token.authorization) {
    const cure = `Take out relay.minDeposit: ${deployment.token.symbol} has no authorizations (ERC-3009), so nobody can send deposits for others.`;
    throw new CliError("configuration", "the token does not let a relay send deposits", cure);
  }
  return {
    minAmount,
    gasPerDay,
    perHour: config.require("relay.depositsPerHour"),
    perHourAndClient: config.require("relay.depositsPerAddress"),
  };
}
