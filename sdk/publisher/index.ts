export { buildManifest } from "./buildManifest.ts";
export type { BuildManifestOptions, ManifestResource } from "./buildManifest.ts";
export { playlistReferences } from "./playlistReferences.ts";
export type { PlaylistReference } from "./playlistReferences.ts";
export { signManifest } from "./signManifest.ts";
