import { build } from "esbuild";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

/**
 * What is loaded with a module before any of it runs: files relative to the repository, and packages by name. What is
 * imported only when it is needed is left out.
 */
export async function staticImports(file: string): Promise<string[]> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [file],
    bundle: true,
    format: "esm",
    metafile: true,
    outdir: "nowhere",
    packages: "external",
    platform: "node",
    splitting: true,
    write: false,
  });
  const loaded = new Set<string>();
  const load = (path: string): void => {
    if (loaded.has(path)) return;
    loaded.add(path);
    for (const { kind, path: imported } of metafile.inputs[path]?.imports ?? []) {
      if (kind === "import-statement") load(imported);
    }
  };
  load(file);
  return [...loaded].sort();
}
