import { build } from "esbuild";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

/** The modules that a program ends up with that imports these names from an entry point of the SDK, sorted. */
export async function bundledModules(entry: string, names: readonly string[]): Promise<string[]> {
  const list = names.join(", ");
  const { metafile } = await build({
    absWorkingDir: ROOT,
    stdin: { contents: `import { ${list} } from "./sdk/${entry}/index.ts"; use(${list});`, resolveDir: ROOT },
    bundle: true,
    external: ["viem"],
    format: "esm",
    metafile: true,
    minify: true,
    platform: "browser",
    write: false,
  });
  return Object.values(metafile.outputs)
    .flatMap(({ inputs }) => Object.entries(inputs))
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => path)
    .sort();
}
