import { expect } from "chai";
import { bundledModules } from "../../helpers/bundledModules.ts";

describe("a page that plays", () => {
  it("carries neither ABIs nor chain actions nor the reporter", async () => {
    const modules = await bundledModules("viewer", ["createViewer"]);
    expect(modules).to.include("sdk/viewer/createViewer.ts");
    expect(modules.filter((path) => /^sdk\/(abis|chain|viewer\/reporter)\//.test(path))).to.deep.equal([]);
  });

  it("carries the ABIs of what it asks the chain, and no more", async () => {
    const modules = await bundledModules("viewer", ["createViewer", "viewerChain"]);
    expect(modules.filter((path) => path.startsWith("sdk/abis/"))).to.deep.equal([
      "sdk/abis/operatorRegistry.ts",
      "sdk/abis/paymentChannels.ts",
      "sdk/abis/stakeManager.ts",
    ]);
  });
});
