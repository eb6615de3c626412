/** Seconds since the epoch as people read them. */
export function isoTime(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().replace(".000Z", "Z");
}
