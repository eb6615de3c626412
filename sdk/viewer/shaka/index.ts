export { connectShaka } from "./connectShaka.ts";
export type { Shaka, ShakaPlayer } from "./shakaTypes.ts";
export type { PlayerMedia } from "../player/bufferedMs.ts";
export type { PlayableViewer } from "../player/playableViewer.ts";
