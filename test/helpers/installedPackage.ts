import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

interface Manifest {
  readonly version: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

/** A folder into which the package is installed, from `dist/` as it was built. */
export interface InstalledPackage {
  readonly folder: string;
  /** The package in it. */
  readonly path: string;
  readonly manifest: Manifest;
  remove(): Promise<void>;
}

/** Installs what would be published, as npm does. Only what the package says it needs lies beside it. */
export async function installPackage(): Promise<InstalledPackage> {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), "weir-package-")));
  const installed = path.join(folder, "node_modules/weir");
  const manifest = JSON.parse(await readFile(path.join(ROOT, "package.json"), "utf8")) as Manifest;
  const pack = ["pack", "--dry-run", "--json", "--ignore-scripts"];
  const { stdout } = await promisify(execFile)("npm", pack, { cwd: ROOT });
  const [{ files }] = JSON.parse(stdout) as [{ readonly files: readonly { readonly path: string }[] }];
  await Promise.all(files.map(async (file) => cp(path.join(ROOT, file.path), path.join(installed, file.path))));
  for (const name of Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })) {
    const link = path.join(folder, "node_modules", name);
    await mkdir(path.dirname(link), { recursive: true });
    await symlink(path.join(ROOT, "node_modules", name), link);
  }
  return { folder, path: installed, manifest, remove: async () => rm(folder, { recursive: true }) };
}
