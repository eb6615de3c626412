export { openAdmin } from "./openAdmin.ts";
export type { Admin, AdminOptions } from "./openAdmin.ts";
export { relayMetrics } from "./relayMetrics.ts";
export type { RelayGauges, RelayMetrics, RelayMetricsOptions } from "./relayMetrics.ts";
