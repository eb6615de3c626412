import type { CommandContext } from "../commandSpec.ts";

/** A row of a list: for `--json`, and for people. */
export interface ListRow {
  readonly json: unknown;
  readonly line: string;
}

/** What a list is called, and what stands around it. */
export interface ListFrame {
  /** The member of the JSON document that holds it. */
  readonly name: string;
  /** The line above it, for people. */
  readonly head: string;
}

/**
 * Writes a list of any length as it comes, as one JSON document or as lines.
 *
 * @returns how many rows there were
 */
export async function writeList(
  { json, output }: CommandContext,
  { head, name }: ListFrame,
  rows: AsyncIterable<ListRow>,
): Promise<number> {
  let count = 0;
  if (json) await output.write(`{"${name}":[`);
  for await (const { json: row, line } of rows) {
    if (json) await output.write(`${count === 0 ? "" : ","}\n${JSON.stringify(row)}`);
    else await output.write(`${count === 0 ? `${head}\n` : ""}${line}\n`);
    count++;
  }
  if (json) await output.write(`\n]}\n`);
  return count;
}
