export { createReporter } from "./createReporter.ts";
export type { Reporter, ReporterOptions } from "./createReporter.ts";
export { reporterChain } from "./reporterChain.ts";
export type { AgentStanding, CommitmentTimes, ReporterChain } from "./reporterChain.ts";
export type { ReporterEvent, ReporterListener } from "./reporterEvents.ts";
