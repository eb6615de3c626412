import { isHex } from "../../core/index.ts";
import type { Hex } from "../../core/index.ts";
import type { ChannelRecord, RelayRecords } from "../../relay/index.ts";
import { CliError } from "../cliError.ts";
import type { CommandContext } from "../commandSpec.ts";

/** A channel's id as it was typed. @throws CliError `usage` */
export function channelArgument(typed: string): Hex {
  if (isHex(typed, 32)) return typed.toLowerCase() as Hex;
  throw new CliError(
    "usage",
    `no channel has the id ${typed}`,
    "An id is 0x and 64 hexadecimal digits: weir channels ls",
  );
}

/** The channel of an id as it was typed. @throws CliError `usage`, or `failed` if the relay does not know it */
export async function readChannelArgument(records: RelayRecords, typed: string): Promise<ChannelRecord> {
  const id = channelArgument(typed);
  const record = await records.readChannel(id);
  if (record !== undefined) return record;
  throw new CliError(
    "failed",
    `the relay does not know the channel ${id}`,
    "weir channels ls shows all that it knows.",
  );
}

/** The channels that were named, or all. */
export async function* namedChannels(
  records: RelayRecords,
  typed: readonly string[],
): AsyncGenerator<ChannelRecord, undefined> {
  if (typed.length === 0) yield* records.channels();
  for (const id of typed) yield await readChannelArgument(records, id);
}

/** The whole number that an option was given. @throws CliError `usage` */
export function countOption({ option }: CommandContext, flag: string): number | undefined {
  const typed = option(flag);
  if (typed === undefined) return undefined;
  if (/^[1-9][0-9]{0,8}$/.test(typed)) return Number(typed);
  throw new CliError("usage", `--${flag} is no whole number above zero: ${typed}`, "Write digits alone.");
}
