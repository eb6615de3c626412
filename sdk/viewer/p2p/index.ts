export { joinSwarm } from "./joinSwarm.ts";
export type { SharedViewer, Swarm, SwarmEngine, SwarmStatus } from "./joinSwarm.ts";
export type { HlsLoaders } from "./sharedLoaders.ts";
export type { SwarmEvent, SwarmListener } from "./swarmEvents.ts";
export type { SwarmOptions, SwarmTuning } from "./swarmOptions.ts";
