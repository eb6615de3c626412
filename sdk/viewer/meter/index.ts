export { meter } from "./meter.ts";
export type { Meter, MeterOptions, MeterReading } from "./meter.ts";
export type { MeteredMedia } from "./loadedTime.ts";
