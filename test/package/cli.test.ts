import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "chai";
import { runWeir } from "../helpers/weirCommand.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

interface Manifest {
  readonly version: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

describe("the command of the package, as npm installs it", function () {
  this.timeout(60_000);
  let folder: string;
  let installed: string;
  let manifest: Manifest;

  // Only what the package says it needs lies beside it: a command that needs more fails here.
  before(async () => {
    folder = await realpath(await mkdtemp(path.join(tmpdir(), "weir-package-")));
    installed = path.join(folder, "node_modules/weir");
    manifest = JSON.parse(await readFile(path.join(ROOT, "package.json"), "utf8")) as Manifest;
    const { stdout } = await promisify(execFile)("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
      cwd: ROOT,
    });
    const [{ files }] = JSON.parse(stdout) as [{ readonly files: readonly { readonly path: string }[] }];
    await Promise.all(files.map(async (file) => cp(path.join(ROOT, file.path), path.join(installed, file.path))));
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })) {
      const link = path.join(folder, "node_modules", name);
      await mkdir(path.dirname(link), { recursive: true });
      await symlink(path.join(ROOT, "node_modules", name), link);
    }
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  it("runs without anything but the package's dependencies", async () => {
    const main = path.join(installed, manifest.bin["weir"] ?? "");
    expect(await readFile(main, "utf8")).to.match(/^#!\/usr\/bin\/env node\n/);
    const version = await runWeir(["--version"], { cwd: folder, main });
    expect(version).to.deep.equal({ status: 0, stdout: `${manifest.version}\n`, stderr: "" });
    const help = await runWeir(["relay", "start", "--help"], { cwd: folder, main });
    expect(help.stdout).to.include("Examples:");
    const verified = await runWeir(["verify", ".", "--publisher", `0x${"ab".repeat(20)}`], { cwd: folder, main });
    expect(verified.status).to.equal(1);
  });
});
