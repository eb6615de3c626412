import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { createPublicClient, createWalletClient, fallback, http } from "viem";
import type { LocalAccount, PublicClient, Transport, WalletClient } from "viem";
import { verifyDeployment } from "../chain/index.ts";
import { formatAmount, parseAmount, parseDeployment } from "../core/index.ts";
import type { Deployment } from "../core/index.ts";
import { CliError } from "./cliError.ts";
import type { CommandContext } from "./commandSpec.ts";
import type { SettingKey } from "./settings.ts";

/** A client that signs by itself. */
export type SigningClient = WalletClient<Transport, undefined, LocalAccount>;

/** Settings of every command that looks at the chain. */
export const chainSettings = ["chain.rpc", "chain.deployment"] as const satisfies readonly SettingKey[];

/** The chain that the settings name. */
export interface ChainConnection {
  readonly deployment: Deployment;
  readonly client: PublicClient;
  readonly walletOf: (account: LocalAccount) => SigningClient;
}

/** Half of the shortest block time of the chains in question. */
const POLLING_INTERVAL_MS = 500;
const RPC_TIMEOUT_MS = 10_000;

/**
 * Connects to the chain and makes sure that Weir's contracts are what the deployment file says.
 *
 * @throws CliError `configuration`; WeirError `chain-unavailable`, `wrong-chain`, `wrong-contract`, `wrong-token`
 */
export async function connect(context: CommandContext): Promise<ChainConnection> {
  const connection = openConnection(context);
  await verifyDeployment(connection.client, connection.deployment);
  return connection;
}

/** The same, without asking the chain anything. */
export function openConnection(context: CommandContext): ChainConnection {
  const deployment = readDeploymentFile(context);
  const urls = context.config.require("chain.rpc");
  const endpoints = urls.map((url) => http(url, { timeout: RPC_TIMEOUT_MS, retryCount: urls.length > 1 ? 0 : 2 }));
  const [only] = endpoints;
  const transport = endpoints.length === 1 && only !== undefined ? only : fallback(endpoints);
  const options = { transport, pollingInterval: POLLING_INTERVAL_MS };
  return {
    deployment,
    client: createPublicClient(options),
    walletOf: (account) => createWalletClient({ ...options, account }),
  };
}

/** The deployment that the settings name. @throws CliError `configuration` */
export function readDeploymentFile({ config, cwd }: CommandContext): Deployment {
  const file = config.require("chain.deployment");
  const from = config.sourceOf("chain.deployment");
  const fail = (reason: string, cause: unknown): CliError =>
    new CliError(
      "configuration",
      `the deployment file ${relative(cwd, file)} ${reason}`,
      `Correct chain.deployment (${from}).`,
      cause,
    );
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw fail("cannot be read", cause);
  }
  try {
    return parseDeployment(JSON.parse(text));
  } catch (cause) {
    throw fail(`is none: ${cause instanceof Error ? (cause.message.split("\n", 1)[0] ?? "") : ""}`, cause);
  }
}

/**
 * Tokens that a person typed, in base units.
 *
 * @param name the argument or setting, for the message
 */
export function parseTokens(text: string, { token }: Deployment, name: string): bigint {
  try {
    return parseAmount(text, token.decimals);
  } catch (cause) {
    const cure = `Write a decimal number with at most ${String(token.decimals)} digits after the point.`;
    throw new CliError("usage", `${name} is no amount of ${token.symbol}: ${text}`, cure, cause);
  }
}

/** Base units as tokens, for people. */
export function showTokens(amount: bigint, { token }: Deployment): string {
  return `${formatAmount(amount, token.decimals)} ${token.symbol}`;
}

/** Base units as tokens, for `--json`: what the commands take as arguments. */
export function tokensOf(amount: bigint, { token }: Deployment): string {
  return formatAmount(amount, token.decimals);
}
