import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const ROOT = join(import.meta.dirname, "../..");
const SNAPSHOT = join(ROOT, "snapshots/bundle-sizes.json");

/** The entry points that a browser loads. Bytecode has one too, but only who deploys loads it. */
export const BROWSER_ENTRIES = [
  "abis",
  "core",
  "exchange",
  "http",
  "chain",
  "publisher",
  "viewer",
  "viewer/reporter",
] as const;
type BrowserEntry = (typeof BROWSER_ENTRIES)[number];

/** An entry point as a browser would get it, without viem, which an application brings along. */
export interface Bundle {
  /** Bytes after minifying and gzip. */
  readonly size: number;
  /** Paths of the modules in it, relative to the repository. */
  readonly modules: readonly string[];
}

/** Bundles an entry point for a browser. Rejects if it needs anything that only Node.js has. */
export async function bundle(entry: BrowserEntry): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [`sdk/${entry}/index.ts`],
    bundle: true,
    external: ["viem"],
    format: "esm",
    logLevel: "silent",
    metafile: true,
    minify: true,
    platform: "browser",
    write: false,
  });
  const size = outputFiles.reduce((sum, { contents }) => sum + gzipSync(contents, { level: 9 }).length, 0);
  const modules = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs));
  return { size, modules };
}

/** The largest size in bytes that was agreed to for each entry point. */
export function sizeLimits(): Readonly<Record<string, number>> {
  return JSON.parse(readFileSync(SNAPSHOT, "utf8")) as Record<string, number>;
}

/** Leaves room for small changes, so that a limit that is reached means something. */
async function writeLimits(): Promise<void> {
  const limits = await Promise.all(
    BROWSER_ENTRIES.map(async (entry) => [entry, Math.ceil(((await bundle(entry)).size * 1.05) / 100) * 100] as const),
  );
  writeFileSync(SNAPSHOT, `${JSON.stringify(Object.fromEntries(limits), undefined, 2)}\n`);
}

if (import.meta.main) await writeLimits();
