import { WeirError } from "../core/weirError.ts";

const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/;

/** Seconds since the epoch as RFC 3339 in UTC. */
export function formatTimestamp(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().replace(".000Z", "Z");
}

/** Seconds since the epoch, fractions dropped. @throws WeirError `malformed-message` unless `text` is RFC 3339 */
export function parseTimestamp(text: string, name: string): number {
  const milliseconds = RFC_3339.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(milliseconds)) throw new WeirError("malformed-message", `${name} is not an RFC 3339 time`);
  return Math.floor(milliseconds / 1_000);
}
