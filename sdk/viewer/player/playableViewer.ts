import type { Viewer } from "../createViewer.ts";

/** All that a player needs of a viewer. */
export type PlayableViewer = Pick<Viewer, "fetch">;
