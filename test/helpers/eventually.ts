/** Waits until `condition` gives something, and looks again every 100 ms; half a minute at most. */
export async function eventually<Value>(
  what: string,
  condition: () => Promise<Value | undefined> | Value | undefined,
): Promise<Value> {
  const giveUpAt = performance.now() + 30_000;
  for (;;) {
    const value = await condition();
    if (value !== undefined) return value;
    if (performance.now() > giveUpAt) throw new Error(`it never happened that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
