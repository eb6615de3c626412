import { isHex } from "../core/index.ts";
import type { Address } from "../core/index.ts";
import { CliError } from "./cliError.ts";
import type { CommandContext } from "./commandSpec.ts";

/** The address that an option was given. @throws CliError `usage` if it is none */
export function addressOption({ option }: CommandContext, flag: string): Address | undefined {
  const text = option(flag);
  if (text === undefined || isHex(text, 20)) return text;
  throw new CliError("usage", `--${flag} is no address: ${text}`, "An address is 0x and 40 hexadecimal digits.");
}
