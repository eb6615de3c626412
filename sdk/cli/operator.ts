import { getBlock } from "viem/actions";
import { readUnbondings } from "../chain/index.ts";
import type { Unbonding } from "../chain/index.ts";
import { toWeirError } from "../chain/internal/toWeirError.ts";
import { isSameAddress, parseAmount } from "../core/index.ts";
import type { Address } from "../core/index.ts";
import { CliError } from "./cliError.ts";
import type { CommandContext } from "./commandSpec.ts";
import type { ChainConnection } from "./connect.ts";
import { addressOfKey } from "./keys.ts";

/** Whom a command that only looks is about: the operator of the settings, else the wallet's own address. */
export async function operatorOf(context: CommandContext): Promise<Address> {
  return context.config.get("operator.address") ?? (await addressOfKey(context, "wallet"));
}

/**
 * Makes sure that a command which only the operator itself may send is sent by it.
 *
 * @throws CliError `configuration` if the settings name another operator than the wallet
 */
export function assertOperator({ config }: CommandContext, sender: Address): void {
  const operator = config.get("operator.address");
  if (operator === undefined || isSameAddress(operator, sender)) return;
  const message = `only the operator ${operator} may do this, and the wallet is ${sender}`;
  const cure = `Correct wallet.keystore (${config.sourceOf("wallet.keystore")}) or operator.address (${config.sourceOf("operator.address")}).`;
  throw new CliError("configuration", message, cure);
}

/** A part in percent that was typed, in hundredths of a percent. @throws CliError `usage` */
export function parsePercent(text: string, flag: string): number {
  try {
    const bps = parseAmount(text, 2);
    if (bps <= 10_000n) return Number(bps);
  } catch (cause) {
    throw notPercent(text, flag, cause);
  }
  throw notPercent(text, flag);
}

/** Hundredths of a percent, as percent. */
export function showPercent(bps: number): string {
  return `${bps / 100}%`;
}

/** The chain's clock, in Unix seconds. @throws WeirError `chain-unavailable` */
export async function chainTime({ client }: ChainConnection): Promise<number> {
  try {
    return Number((await getBlock(client)).timestamp);
  } catch (error) {
    throw toWeirError(error);
  }
}

/** All that a holder has on its way out, behind itself (`own`) or behind operators that it delegated to. */
export async function unbondingsOf(
  { client, deployment }: ChainConnection,
  holder: Address,
  own: boolean,
): Promise<readonly Unbonding[]> {
  const { unbondings } = await readUnbondings(client, { deployment, holder });
  return unbondings.filter(({ operator }) => isSameAddress(operator, holder) === own);
}

/** A moment of the chain, for people and for `--json`. */
export function showTime(seconds: number): string {
  return new Date(seconds * 1_000).toISOString();
}

function notPercent(text: string, flag: string, cause?: unknown): CliError {
  const cure = "Write a number from 0 to 100 with at most two digits after the point.";
  return new CliError("usage", `--${flag} is no percentage: ${text}`, cure, cause);
}
