import { setTimeout as sleep } from "node:timers/promises";
import { SEGMENT_SIZE } from "./benchRelay.ts";

/** Downloads under way at a time, each on a connection of its own. */
export const CONNECTIONS = 16;

/** How fast segments are asked for, and what belongs to the work beside them. */
export interface PaceOptions {
  /** MiB per second that all connections together ask for; as much as can be had if left out. */
  readonly offered?: number;
  /** What is done at the end, inside the time that is measured. */
  readonly finish?: () => Promise<void>;
}

/**
 * Downloads `turns` segments on every connection. With an offered load each segment has a time at which it is due, evenly
 * spread over all connections; a connection that is late asks for its next one at once, so that what is offered does not
 * shrink with what is delivered.
 *
 * @returns MiB per second, from the start to the end of the last download and of `finish`
 */
export async function pace(
  turns: number,
  downloadOne: (turn: number, connection: number) => Promise<void>,
  { offered = Infinity, finish }: PaceOptions = {},
): Promise<number> {
  const intervalMs = (1_000 * SEGMENT_SIZE) / 2 ** 20 / offered;
  const start = performance.now();
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async (_, connection) => {
      for (let turn = 0; turn < turns; turn++) {
        const early = start + (turn * CONNECTIONS + connection) * intervalMs - performance.now();
        if (early > 0) await sleep(early);
        await downloadOne(connection + turn, connection);
      }
    }),
  );
  await finish?.();
  const seconds = (performance.now() - start) / 1_000;
  return (CONNECTIONS * turns * SEGMENT_SIZE) / 2 ** 20 / seconds;
}
