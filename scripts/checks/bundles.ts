import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const ROOT = join(import.meta.dirname, "../..");
const SNAPSHOT = join(ROOT, "snapshots/bundle-sizes.json");

/** Bytes that anything of the viewer's may take, after minifying and gzip. A page loads it before it plays. */
export const VIEWER_LIMIT = 40_000;

/** The entry points that a browser loads. Bytecode has one too, but only who deploys loads it. */
const BROWSER_ENTRIES = [
  "abis",
  "core",
  "exchange",
  "http",
  "chain",
  "publisher",
  "viewer",
  "viewer/dash",
  "viewer/hls",
  "viewer/meter",
  "viewer/p2p",
  "viewer/reporter",
  "viewer/shaka",
] as const;

/** What pages import of several entry points at once; everything of an entry point that names nothing. */
const PAGES: Readonly<Record<string, readonly Import[]>> = {
  "viewer with hls.js adapter": [
    { entry: "viewer" },
    { entry: "viewer/hls" },
    { entry: "core", names: ["privateKeySigner"] },
  ],
  // With the ABIs that a wallet needs; a page may load it when the viewer presses play.
  "sessions of a wallet": [{ entry: "viewer/wallet" }],
};

interface Import {
  readonly entry: (typeof BROWSER_ENTRIES)[number] | "viewer/wallet";
  readonly names?: readonly string[];
}

const imports: Readonly<Record<string, readonly Import[]>> = {
  ...Object.fromEntries(BROWSER_ENTRIES.map((entry) => [entry, [{ entry }]])),
  ...PAGES,
};

/** The names of all bundles that are measured: entry points, then pages. */
export const bundleNames: readonly string[] = Object.keys(imports);

/** What a browser gets. Peer dependencies are not in it: an application brings its own viem and its own player. */
export interface Bundle {
  /** Bytes after minifying and gzip. */
  readonly gzip: number;
  /** Bytes after minifying, by the path of the module relative to the repository. */
  readonly modules: ReadonlyMap<string, number>;
  /** What the application has to bring: the peer dependencies, and parts of them, that are imported. */
  readonly external: readonly string[];
}

/** Bundles for a browser. Rejects if anything in it needs what only Node.js has. */
export async function bundle(name: string): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    stdin: { contents: (imports[name] ?? []).map(importLine).join("\n"), resolveDir: ROOT },
    bundle: true,
    external: Object.keys(peerDependencies()),
    format: "esm",
    logLevel: "silent",
    metafile: true,
    minify: true,
    platform: "browser",
    write: false,
  });
  const outputs = Object.values(metafile.outputs);
  const modules = outputs.flatMap(({ inputs }) => Object.entries(inputs));
  return {
    gzip: outputFiles.reduce((sum, { contents }) => sum + gzipSync(contents, { level: 9 }).length, 0),
    modules: new Map(
      modules.map(([path, { bytesInOutput }]) => [path, bytesInOutput] as const).filter(([, bytes]) => bytes > 0),
    ),
    external: [...new Set(outputs.flatMap((output) => output.imports.map(({ path }) => path)))].sort(),
  };
}

function importLine({ entry, names }: Import): string {
  return `export ${names === undefined ? "*" : `{ ${names.join(", ")} }`} from "./sdk/${entry}/index.ts";`;
}

function peerDependencies(): Readonly<Record<string, string>> {
  const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    readonly peerDependencies: Readonly<Record<string, string>>;
  };
  return manifest.peerDependencies;
}

/** The largest size in bytes that was agreed to for each bundle. */
export function sizeLimits(): Readonly<Record<string, number>> {
  return JSON.parse(readFileSync(SNAPSHOT, "utf8")) as Record<string, number>;
}

/** Leaves room for small changes, so that a limit that is reached means something. */
async function writeLimits(): Promise<void> {
  const limits = await Promise.all(
    bundleNames.map(async (name) => {
      const roomy = Math.ceil(((await bundle(name)).gzip * 1.05) / 100) * 100;
      return [name, name.startsWith("viewer") ? Math.min(roomy, VIEWER_LIMIT) : roomy] as const;
    }),
  );
  writeFileSync(SNAPSHOT, `${JSON.stringify(Object.fromEntries(limits), undefined, 2)}\n`);
}

if (import.meta.main) await writeLimits();
