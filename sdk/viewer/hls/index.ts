export { hlsConfig } from "./hlsConfig.ts";
export type { HlsViewerOptions, ViewerHlsConfig } from "./hlsConfig.ts";
export type { PlayerMedia } from "../player/bufferedMs.ts";
export type { PlayableViewer } from "../player/playableViewer.ts";
