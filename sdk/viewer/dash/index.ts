export { connectDash } from "./connectDash.ts";
export type { DashPlayer, DashViewerOptions } from "./connectDash.ts";
export type { PlayerMedia } from "../player/bufferedMs.ts";
export type { PlayableViewer } from "../player/playableViewer.ts";
