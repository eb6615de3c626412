import type { Hex } from "../../core/index.ts";

/** Something that is not as it must be. */
export interface Finding {
  /** What is wrong, in one sentence with its numbers. */
  readonly what: string;
  readonly channel?: Hex | undefined;
  readonly transaction?: Hex | undefined;
}

/** Everything that was found, the first first. */
export interface Findings {
  readonly list: readonly Finding[];
  /** Notes a finding unless two values are the same. */
  readonly expectSame: (about: string, expected: unknown, found: unknown, place?: Omit<Finding, "what">) => void;
  readonly add: (what: string, place?: Omit<Finding, "what">) => void;
}

/** Nothing found yet. */
export function newFindings(): Findings {
  const list: Finding[] = [];
  const add: Findings["add"] = (what, place = {}) => {
    list.push({ what, ...place });
  };
  return {
    list,
    add,
    expectSame(about, expected, found, place) {
      if (expected !== found) add(`${about}: expected ${String(expected)}, found ${String(found)}`, place);
    },
  };
}
