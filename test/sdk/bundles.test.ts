import { expect } from "chai";
import { BROWSER_ENTRIES, bundle, sizeLimits } from "../../scripts/checks/bundles.ts";

describe("Bundles for browsers", () => {
  for (const entry of BROWSER_ENTRIES) {
    it(`${entry} needs nothing of Node.js, carries no bytecode, has each package once and stays within its size`, async () => {
      const { size, modules } = await bundle(entry);
      expect(modules.filter((path) => path.startsWith("sdk/abis/bytecode/"))).to.deep.equal([]);
      expect(nestedPackages(modules)).to.deep.equal([]);
      expect(size).to.be.at.most(sizeLimits()[entry] ?? 0);
    });
  }
});

/** Packages below another package: a second version of what is there already. */
function nestedPackages(modules: readonly string[]): string[] {
  return modules.filter((path) => path.split("node_modules/").length > 2);
}
