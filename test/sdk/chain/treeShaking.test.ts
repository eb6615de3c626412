import { expect } from "chai";
import { bundledModules } from "../../helpers/bundledModules.ts";

/** The modules of `sdk/chain` and `sdk/abis` that a program with these imports ends up with. */
async function modulesBehind(names: readonly string[]): Promise<string[]> {
  return (await bundledModules("chain", names)).filter((path) => /^sdk\/(chain|abis)\//.test(path));
}

describe("a program that deposits and reads", () => {
  it("carries neither the relay's actions nor the operators' contract", async () => {
    const modules = await modulesBehind(["depositWithAuthorization", "readAccount", "readChannel"]);
    const actions = modules.filter((path) => /^sdk\/chain\/(paymentChannels|operatorRegistry)\//.test(path));
    expect(actions).to.deep.equal([
      "sdk/chain/paymentChannels/depositWithAuthorization.ts",
      "sdk/chain/paymentChannels/readAccount.ts",
      "sdk/chain/paymentChannels/readChannel.ts",
    ]);
    expect(modules.filter((path) => path.startsWith("sdk/abis/"))).to.deep.equal(["sdk/abis/paymentChannels.ts"]);
    expect(modules).not.to.include("sdk/chain/internal/decodeContractEvents.ts");
  });

  it("takes only what it names, action by action", async () => {
    expect(await modulesBehind(["readTokenBalance"])).not.to.include("sdk/abis/paymentChannels.ts");
    expect(await modulesBehind(["register"])).not.to.include("sdk/abis/paymentChannels.ts");
    const abis = async (name: string): Promise<string[]> =>
      (await modulesBehind([name])).filter((path) => path.startsWith("sdk/abis/"));
    expect(await abis("stakeSync")).to.deep.equal(["sdk/abis/stakeManager.ts"]);
    expect(await abis("commitDisputeSync")).to.deep.equal(["sdk/abis/deliveryDisputes.ts"]);
    expect(await abis("findRelays")).to.deep.equal(["sdk/abis/operatorRegistry.ts", "sdk/abis/stakeManager.ts"]);
    expect(await modulesBehind(["settleSync"])).to.include("sdk/chain/internal/decodeContractEvents.ts");
  });
});
