import { WeirError } from "../core/index.ts";

/** Most rows of a page. */
const MAX_LIMIT = 200;
const DEFAULT_LIMIT = 25;

/** One page of a longer list. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  /** Whether more follow. */
  readonly more: boolean;
}

/**
 * How many rows a request wants.
 *
 * @throws WeirError `malformed-message` unless it is a number from 1 to 200
 */
export function pageLimit(parameters: URLSearchParams): number {
  const text = parameters.get("limit");
  if (text === null) return DEFAULT_LIMIT;
  const limit = /^[0-9]{1,4}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > MAX_LIMIT) {
    throw new WeirError("malformed-message", `limit must be a number from 1 to ${MAX_LIMIT}`);
  }
  return limit;
}

/** The first rows of a list that is gone through only as far as needed. */
export async function takePage<Row>(rows: AsyncIterable<Row>, limit: number): Promise<Page<Row>> {
  const taken: Row[] = [];
  for await (const row of rows) {
    if (taken.length === limit) return { rows: taken, more: true };
    taken.push(row);
  }
  return { rows: taken, more: false };
}
