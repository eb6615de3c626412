import { expect } from "chai";
import { bundle } from "../../../scripts/checks/bundles.ts";
import { bundledModules } from "../../helpers/bundledModules.ts";

describe("a page that plays", () => {
  it("carries neither ABIs nor chain actions nor the reporter", async () => {
    const modules = await bundledModules("viewer", ["createViewer"]);
    expect(modules).to.include("sdk/viewer/createViewer.ts");
    expect(modules.filter((path) => /^sdk\/(abis|chain|viewer\/reporter)\//.test(path))).to.deep.equal([]);
  });

  it("asks the chain without ABIs, and without anything of viem", async () => {
    const modules = await bundledModules("viewer", ["createViewer", "viewerChain"]);
    expect(modules.filter((path) => /^sdk\/(abis|chain)\//.test(path))).to.deep.equal([
      "sdk/chain/internal/readWords.ts",
      "sdk/chain/internal/rpcFailure.ts",
    ]);
    expect((await bundle("viewer")).external).to.deep.equal([]);
  });
});
