/** How one check of `weir relay doctor` came out. */
export interface Check {
  readonly name: string;
  readonly verdict: "ok" | "warn" | "fail";
  /** What was found. */
  readonly found: string;
  /** What to do; absent if all is well. */
  readonly cure?: string;
}

/** All is well. */
export function ok(name: string, found: string): Check {
  return { name, verdict: "ok", found };
}

/** It works, but somebody should look at it. */
export function warn(name: string, found: string, cure: string): Check {
  return { name, verdict: "warn", found, cure };
}

/** The relay cannot work like this. */
export function fail(name: string, found: string, cure: string): Check {
  return { name, verdict: "fail", found, cure };
}
