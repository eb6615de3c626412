import { readTokenBalance } from "../chain/index.ts";
import type { Address } from "../core/index.ts";
import { CliError } from "./cliError.ts";
import { showTokens } from "./connect.ts";
import type { ChainConnection } from "./connect.ts";

/** Makes sure that a wallet has so many tokens, in base units. @throws CliError `failed` if it has fewer */
export async function assertTokens(
  { client, deployment }: ChainConnection,
  owner: Address,
  amount: bigint,
): Promise<void> {
  const balance = await readTokenBalance(client, { deployment, owner });
  if (balance >= amount) return;
  const message = `${owner} has ${showTokens(balance, deployment)}, not ${showTokens(amount, deployment)}`;
  throw new CliError("failed", message, "Send it more, or name a smaller amount.");
}
