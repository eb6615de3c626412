export { buildManifest } from "./buildManifest.ts";
export type { BuildManifestOptions, ManifestResource } from "./buildManifest.ts";
export { playlistReferences } from "../core/playlistReferences.ts";
export type { PlaylistReference } from "../core/playlistReferences.ts";
export { signManifest } from "./signManifest.ts";
