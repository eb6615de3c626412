/** Whole seconds since the epoch. */
export type Clock = () => number;

/** The clock of this machine. */
export const systemClock: Clock = () => Math.floor(Date.now() / 1_000);
