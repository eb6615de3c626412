import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { installPackage } from "../helpers/installedPackage.ts";
import type { InstalledPackage } from "../helpers/installedPackage.ts";
import { runWeir } from "../helpers/weirCommand.ts";

describe("the command of the package, as npm installs it", function () {
  this.timeout(60_000);
  let installed: InstalledPackage;

  // A command that needs more than the package says fails here.
  before(async () => {
    installed = await installPackage();
  });
  after(async () => {
    await installed.remove();
  });

  it("runs without anything but the package's dependencies", async () => {
    const { folder, manifest } = installed;
    const main = path.join(installed.path, manifest.bin["weir"] ?? "");
    expect(await readFile(main, "utf8")).to.match(/^#!\/usr\/bin\/env node\n/);
    const version = await runWeir(["--version"], { cwd: folder, main });
    expect(version).to.deep.equal({ status: 0, stdout: `${manifest.version}\n`, stderr: "" });
    const help = await runWeir(["relay", "start", "--help"], { cwd: folder, main });
    expect(help.stdout).to.include("Examples:");
    const verified = await runWeir(["verify", ".", "--publisher", `0x${"ab".repeat(20)}`], { cwd: folder, main });
    expect(verified.status).to.equal(1);
  });
});
