import { WeirError } from "../core/index.ts";
import type { WeirErrorCode } from "../core/index.ts";
import { isContractError } from "../chain/contractError.ts";
import { CliError } from "./cliError.ts";

/** How a command can end. The numbers are stable: scripts may compare them. */
export const exitCodes = {
  ok: { code: 0, meaning: "Done, or everything that was looked at is in order." },
  failed: { code: 1, meaning: "It failed, or something that was looked at is not in order." },
  usage: {
    code: 2,
    meaning: "The command line is wrong: an unknown command or option, a missing or malformed argument.",
  },
  configuration: {
    code: 3,
    meaning: "A setting is missing or wrong, or names another chain, contract, token or key than there is.",
  },
  unreachable: { code: 4, meaning: "The chain, a relay or an origin cannot be reached. Trying again later may help." },
  refused: { code: 5, meaning: "A contract refuses the call. Nothing was changed." },
  key: { code: 6, meaning: "A keystore cannot be opened: the password is wrong or missing, or the file is." },
  declined: { code: 7, meaning: "A question was answered with no, or not at all." },
} as const;

/** The ways to end, by name. */
export type ExitName = keyof typeof exitCodes;

const BY_WEIR_CODE: Readonly<Partial<Record<WeirErrorCode, ExitName>>> = {
  "chain-unavailable": "unreachable",
  "relay-unreachable": "unreachable",
  "origin-unavailable": "unreachable",
  "wrong-chain": "configuration",
  "wrong-contract": "configuration",
  "wrong-token": "configuration",
  "wrong-signer": "configuration",
  "grace-period-out-of-range": "configuration",
  "request-declined": "declined",
};

/** How a command ends that threw this. */
export function exitNameOf(error: unknown): ExitName {
  if (error instanceof CliError) return error.kind;
  if (isContractError(error)) return "refused";
  return (WeirError.is(error) ? BY_WEIR_CODE[error.code] : undefined) ?? "failed";
}

/** The table of exit codes, as `weir help exit-codes` shows it. */
export function exitCodesText(): string {
  const rows = Object.values(exitCodes).map(({ code, meaning }) => `  ${String(code)}  ${meaning}`);
  return `Exit codes:\n${rows.join("\n")}\n`;
}
