import { expect } from "chai";
import hre from "hardhat";
import { ethers } from "./fixture.ts";

/** PUSH0, which came with shanghai, then STOP. */
const PUSH0 = "0x5f00";

describe("the chain under test", () => {
  it("runs the EVM version that the contracts are compiled for", async () => {
    const [compiler] = hre.config.solidity.profiles["default"]!.compilers;
    const settings = compiler!.settings as { evmVersion: string };
    const outcome = await ethers.provider.call({ data: PUSH0 }).catch((error: unknown) => String(error));
    if (settings.evmVersion === "istanbul") expect(outcome).to.match(/invalid opcode/i);
    else expect(outcome).to.equal("0x");
  });
});
