import path from "node:path";
import { build } from "vite";

const APP = path.join(import.meta.dirname, "../../apps/player");

/** Builds the player page into a folder. */
export async function buildPlayer(outDir: string): Promise<void> {
  await build({ configFile: path.join(APP, "vite.config.ts"), build: { outDir, emptyOutDir: true } });
}
