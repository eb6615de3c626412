import { expect } from "chai";
import { bundle, bundleNames, sizeLimits, VIEWER_LIMIT } from "../../scripts/checks/bundles.ts";

describe("Bundles for browsers", () => {
  for (const name of bundleNames) {
    it(`${name} needs nothing of Node.js, carries no bytecode, has each package once and stays within its size`, async () => {
      const { gzip, modules } = await bundle(name);
      const paths = [...modules.keys()];
      expect(paths.filter((path) => path.startsWith("sdk/abis/bytecode/"))).to.deep.equal([]);
      expect(nestedPackages(paths)).to.deep.equal([]);
      expect(gzip).to.be.within(1, sizeLimits()[name] ?? 0);
    });
  }

  it("have a limit each, and nothing that a viewer loads a larger one than is promised", () => {
    const limits = sizeLimits();
    expect(Object.keys(limits).sort()).to.deep.equal([...bundleNames].sort());
    const promised = Object.entries(limits).filter(([name]) => name.startsWith("viewer"));
    expect(promised.filter(([, limit]) => limit > VIEWER_LIMIT)).to.deep.equal([]);
  });
});

/** Packages below another package: a second version of what is there already. */
function nestedPackages(modules: readonly string[]): string[] {
  return modules.filter((path) => path.split("node_modules/").length > 2);
}
